import type { LabelSelector } from '@shiplog/contracts';
import { isJsonObject } from '../values/json-object';

type Requirement = NonNullable<LabelSelector['matchExpressions']>[number];

/**
 * A selector that passed validation as the text of a `labelSelector` parameter, its terms in the order of their keys: a
 * LabelSelector object, or the plain map of labels that the oldest kinds have. '' for one that chooses everything.
 */
export function formatSelector(selector: LabelSelector | Readonly<Record<string, unknown>>): string {
  const { matchLabels, matchExpressions } = selector;
  const isObject = isJsonObject(matchLabels) || Array.isArray(matchExpressions);
  const labels = Object.entries(isObject ? (matchLabels ?? {}) : selector);
  const terms = labels.map(([key, value]): [string, string] => [key, `${key}=${String(value)}`]);
  for (const requirement of (isObject ? (matchExpressions ?? []) : []) as readonly Requirement[]) {
    terms.push([requirement.key, formatRequirement(requirement)]);
  }
  return terms
    .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    .map(([, text]) => text)
    .join(',');
}

function formatRequirement({ key, operator, values = [] }: Requirement): string {
  const list = [...values].sort().join(',');
  switch (operator) {
    case 'In':
      return `${key} in (${list})`;
    case 'NotIn':
      return `${key} notin (${list})`;
    case 'DoesNotExist':
      return `!${key}`;
    default:
      return key;
  }
}
