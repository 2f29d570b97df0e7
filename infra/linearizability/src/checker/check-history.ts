import { checkObject, STEP_BUDGET } from './check-object';
import { checkPositions } from './check-positions';
import { isAnswered, type Operation } from './operation';

export interface Violation {
  readonly problem: string;
  readonly operations: readonly Operation[];
}

/** What a whole history comes to. */
export interface HistoryReport {
  readonly operations: number;
  /** Those whose effect nobody knows. */
  readonly unanswered: number;
  /** Histories of one object each. */
  readonly objects: number;
  readonly violations: readonly Violation[];
  /** Objects that the step budget did not suffice for. */
  readonly undecided: readonly string[];
}

/**
 * Checks each object by itself, which suffices: what is linearizable in every part is linearizable as a whole (Herlihy
 * and Wing, 1990); then the positions over all objects.
 */
export function checkHistory(history: readonly Operation[], budget = STEP_BUDGET): HistoryReport {
  const byKey = new Map<string, Operation[]>();
  for (const operation of history) {
    const operations = byKey.get(operation.key);
    if (operations === undefined) byKey.set(operation.key, [operation]);
    else operations.push(operation);
  }
  const violations: Violation[] = [];
  const undecided: string[] = [];
  for (const [key, operations] of byKey) {
    const verdict = checkObject(operations, budget);
    if (verdict.kind === 'violation') violations.push(verdict);
    if (verdict.kind === 'undecided') undecided.push(key);
  }
  return {
    operations: history.length,
    unanswered: history.filter((operation) => !isAnswered(operation)).length,
    objects: byKey.size,
    violations: [...violations, ...checkPositions(history)],
    undecided,
  };
}
