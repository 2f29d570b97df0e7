import type { Condition } from '@shiplog/contracts';
import { transitionTime } from './conditions';

const TYPE = 'DisruptionAllowed';

/** What a PodDisruptionBudget's condition DisruptionAllowed says. */
export interface DisruptionAllowed {
  readonly status: 'True' | 'False';
  readonly reason: 'SufficientPods' | 'InsufficientPods' | 'SyncFailed';
  readonly message: string;
}

/** What it says when so many more pods may be disrupted. */
export function disruptionAllowed(disruptionsAllowed: number): DisruptionAllowed {
  return disruptionsAllowed > 0
    ? { status: 'True', reason: 'SufficientPods', message: '' }
    : { status: 'False', reason: 'InsufficientPods', message: '' };
}

/** A budget's conditions with DisruptionAllowed as given; its time moves with its status only. */
export function withDisruptionAllowed(
  conditions: readonly Condition[],
  said: DisruptionAllowed,
  observedGeneration: number | undefined,
  time: string,
): Condition[] {
  const before = conditions.find(({ type }) => type === TYPE);
  const condition: Condition = {
    ...before,
    type: TYPE,
    ...said,
    ...(observedGeneration === undefined ? {} : { observedGeneration }),
    lastTransitionTime: transitionTime(before, said.status, time) ?? time,
  };
  if (before === undefined) return [...conditions, condition];
  return conditions.map((other) => (other === before ? condition : other));
}
