import type { LabelSelector } from '@shiplog/contracts';

/** One term of a label selector. A selector is the conjunction of its terms; none matches everything. */
export type LabelTerm =
  | { readonly op: 'in' | 'notIn'; readonly key: string; readonly values: readonly string[] }
  | { readonly op: 'exists' | 'missing'; readonly key: string }
  | { readonly op: 'gt' | 'lt'; readonly key: string; readonly than: number };

type Labels = Readonly<Record<string, string>>;

function holds(term: LabelTerm, labels: Labels): boolean {
  const value = Object.hasOwn(labels, term.key) ? labels[term.key] : undefined;
  switch (term.op) {
    case 'in':
      return value !== undefined && term.values.includes(value);
    case 'notIn':
      return value === undefined || !term.values.includes(value);
    case 'exists':
      return value !== undefined;
    case 'missing':
      return value === undefined;
    case 'gt':
      return value !== undefined && /^-?\d+$/.test(value) && Number(value) > term.than;
    case 'lt':
      return value !== undefined && /^-?\d+$/.test(value) && Number(value) < term.than;
  }
}

/** Whether labels satisfy every term. */
export function matchesLabels(selector: readonly LabelTerm[], labels: Labels | undefined): boolean {
  for (const term of selector) if (!holds(term, labels ?? {})) return false;
  return true;
}

const OPERATORS: ReadonlyMap<string, 'in' | 'notIn' | 'exists' | 'missing'> = new Map([
  ['In', 'in'],
  ['NotIn', 'notIn'],
  ['Exists', 'exists'],
  ['DoesNotExist', 'missing'],
]);

/** The terms of a LabelSelector object (`matchLabels` and `matchExpressions`) that passed validation. */
export function termsOf(selector: LabelSelector): LabelTerm[] {
  const terms: LabelTerm[] = Object.entries(selector.matchLabels ?? {}).map(([key, value]) => ({
    op: 'in',
    key,
    values: [value],
  }));
  for (const { key, operator, values } of selector.matchExpressions ?? []) {
    const op = OPERATORS.get(operator);
    if (op === undefined) throw new Error(`${JSON.stringify(operator)} is no operator of a label selector`);
    terms.push(op === 'in' || op === 'notIn' ? { op, key, values: values ?? [] } : { op, key });
  }
  return terms;
}

/** Whether a LabelSelector object chooses labels. As in Kubernetes an absent selector chooses nothing, an empty one all. */
export function matchesLabelSelector(selector: LabelSelector | undefined, labels: Labels | undefined): boolean {
  return selector !== undefined && matchesLabels(termsOf(selector), labels);
}

/** Whether labels hold every pair of a plain selector map (services, replication controllers); an empty map chooses nothing. */
export function matchesSelectorMap(selector: Labels | undefined, labels: Labels | undefined): boolean {
  const pairs = Object.entries(selector ?? {});
  return pairs.length > 0 && pairs.every(([key, value]) => labels !== undefined && labels[key] === value);
}
