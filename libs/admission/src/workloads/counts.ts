import type { Problems } from '@shiplog/apimachinery';
import { atLeast } from '../rows/checks';
import { FieldRules } from '../rows/rows';

/** Rules for counters of a status, by their names. */
export function counters(...fields: readonly string[]): FieldRules {
  return new FieldRules(Object.fromEntries(fields.map((field) => [`status.${field}`, atLeast(0)])));
}

type Counts = Readonly<Partial<Record<string, unknown>>>;

const countOf = (status: Counts, field: string): number => {
  const value = status[field];
  return typeof value === 'number' ? value : 0;
};

/** Of all replicas none of these can be more; `ready` is how Kubernetes calls those of which the available ones are some. */
export function validateReplicaCounts(
  status: object | undefined,
  fields: readonly string[],
  ready: string,
  problems: Problems,
): void {
  const counts = (status ?? {}) as Counts;
  for (const field of fields) {
    const count = countOf(counts, field);
    if (count > countOf(counts, 'replicas')) {
      problems.invalid(`status.${field}`, count, 'cannot be greater than status.replicas');
    }
  }
  const available = countOf(counts, 'availableReplicas');
  if (available > countOf(counts, 'readyReplicas')) {
    problems.invalid('status.availableReplicas', available, `cannot be greater than ${ready}`);
  }
}

/** The count of name collisions only ever grows (IsDecremented in Kubernetes). */
export function validateCollisions(
  after: { readonly collisionCount?: number } = {},
  before: { readonly collisionCount?: number } = {},
  problems: Problems,
): void {
  if (before.collisionCount === undefined || (after.collisionCount ?? -1) >= before.collisionCount) return;
  problems.invalid('status.collisionCount', after.collisionCount ?? 0, 'cannot be decremented');
}
