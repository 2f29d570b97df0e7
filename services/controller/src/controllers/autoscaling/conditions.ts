import type { HorizontalPodAutoscalerCondition } from '@shiplog/contracts';
import { transitionTime } from '@shiplog/kube';
import type { Said } from './limits';

export type ConditionType = 'AbleToScale' | 'ScalingActive' | 'ScalingLimited';
export type Conditions = readonly HorizontalPodAutoscalerCondition[];

/** Conditions with one of a type as given; its time moves with its status only. */
export function withCondition(
  conditions: Conditions,
  type: ConditionType,
  isTrue: boolean,
  { reason, message }: Said,
  time: string,
): Conditions {
  const before = conditions.find((condition) => condition.type === type);
  const status = isTrue ? 'True' : 'False';
  const said = { type, status, lastTransitionTime: transitionTime(before, status, time), reason, message };
  return before === undefined ? [...conditions, said] : conditions.map((other) => (other === before ? said : other));
}
