import type { SuccessPolicy, SuccessPolicyRule } from '@shiplog/contracts';
import type { Problems } from '@shiplog/apimachinery';
import { checkIndexes } from './indexes';

const MAX_RULES = 20;
const MAX_INDEXES_BYTES = 64 * 1024;

/** Kubernetes' validateSuccessPolicy, of a Job with so many completions. */
export function validateSuccessPolicy(
  { rules }: SuccessPolicy,
  completions: number,
  at: string,
  problems: Problems,
): void {
  if (rules.length === 0) {
    problems.required(`${at}.rules`, 'at least one rules must be specified when the successPolicy is specified');
  }
  if (rules.length > MAX_RULES) problems.tooMany(`${at}.rules`, rules.length, MAX_RULES);
  rules.forEach((rule, i) => validateRule(rule, completions, `${at}.rules[${i}]`, problems));
}

function validateRule(
  { succeededCount: count, succeededIndexes: indexes }: SuccessPolicyRule,
  completions: number,
  at: string,
  problems: Problems,
): void {
  if (count === undefined && indexes === undefined) {
    problems.required(at, 'at least one of succeededCount or succeededIndexes must be specified');
  }
  let total = 0;
  if (indexes !== undefined) {
    const here = `${at}.succeededIndexes`;
    if (Buffer.byteLength(indexes) > MAX_INDEXES_BYTES) problems.tooLong(here, MAX_INDEXES_BYTES);
    const found = checkIndexes(indexes, completions);
    if ('problem' in found) problems.invalid(here, indexes, `error parsing succeededIndexes: ${found.problem}`);
    else total = found.count;
  }
  if (count === undefined) return;
  const here = `${at}.succeededCount`;
  if (count < 0) problems.invalid(here, count, 'must be greater than or equal to 0');
  if (count > completions) {
    const rule = `must be less than or equal to ${completions} (the number of specified completions)`;
    problems.invalid(here, count, rule);
  }
  if (indexes !== undefined && count > total) {
    const rule = `must be less than or equal to ${total} (the number of indexes in the specified succeededIndexes field)`;
    problems.invalid(here, count, rule);
  }
}
