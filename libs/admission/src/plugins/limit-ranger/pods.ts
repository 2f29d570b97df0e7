import type { LimitRangeItem } from '@shiplog/contracts';
import type { Draft } from '../../kinds/kind';
import { podAmounts } from '../../pods/pod-amounts';
import { constraintProblems } from './constraints';

/** What is wrong with what a pod's containers, or all of them together, ask for. */
export function podProblems({ spec }: Draft<'pods'>, item: LimitRangeItem): string[] {
  if (spec === undefined) return [];
  if (item.type === 'Container') {
    const containers = [...spec.containers, ...(spec.initContainers ?? [])];
    return containers.flatMap(({ resources = {} }) => constraintProblems(item, resources));
  }
  if (item.type !== 'Pod') return [];
  const requests = podAmounts(spec, 'requests').texts();
  return constraintProblems(item, { requests, limits: podAmounts(spec, 'limits').texts() });
}
