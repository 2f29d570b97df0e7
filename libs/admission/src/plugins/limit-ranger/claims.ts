import type { LimitRangeItem } from '@shiplog/contracts';
import { compareQuantities } from '@shiplog/apimachinery';
import type { Draft } from '../../kinds/kind';
import { amountOf, belowMin, each } from './constraints';

/** What is wrong with the size of a claim. It has requests only. */
export function claimProblems({ spec }: Draft<'persistentvolumeclaims'>, item: LimitRangeItem): string[] {
  if (item.type !== 'PersistentVolumeClaim') return [];
  const requests = spec?.resources?.requests;
  return [
    ...each(item.min, (name, least) => belowMin(item.type, name, least, { requests })),
    ...each(item.max, (name, most) => {
      const request = amountOf(requests, name);
      const rule = `maximum ${name} usage per ${item.type} is ${most}`;
      if (request === undefined) return `${rule}.  No request is specified`;
      return compareQuantities(request, most) > 0 ? `${rule}, but request is ${request}` : undefined;
    }),
  ];
}
