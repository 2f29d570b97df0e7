import type { SuccessPolicy } from '@shiplog/contracts';
import { IndexSet } from './index-set';

/** The number of the first rule by which a Job has succeeded before all of its indexes have. */
export function matchedRule(
  policy: SuccessPolicy | undefined,
  done: IndexSet,
  completions: number,
): number | undefined {
  if (policy === undefined || done.size === 0) return undefined;
  const i = policy.rules.findIndex(({ succeededIndexes, succeededCount }) => {
    if (succeededIndexes === undefined) return succeededCount !== undefined && done.size >= succeededCount;
    const wanted = IndexSet.parse(succeededIndexes, completions);
    if (wanted.size === 0) return false;
    const common = done.common(wanted);
    return common === wanted.size || (succeededCount !== undefined && common >= succeededCount);
  });
  return i < 0 ? undefined : i;
}
