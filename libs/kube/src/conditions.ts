/** What all of Kubernetes' conditions have. */
export interface Condition {
  readonly type: string;
  readonly status: string;
  readonly lastTransitionTime?: string;
}

interface WithConditions<C extends Condition> {
  readonly status?: { readonly conditions?: readonly C[] };
}

/** An object's condition of a type. */
export function conditionOf<C extends Condition>(object: WithConditions<C>, type: string): C | undefined {
  return object.status?.conditions?.find((condition) => condition.type === type);
}

/** Whether the condition is there and true; one that is unknown is not. */
export function isConditionTrue(object: WithConditions<Condition>, type: string): boolean {
  return conditionOf(object, type)?.status === 'True';
}

/** Since when a condition has the status that it is given now: the time moves with the status only. */
export function transitionTime(before: Condition | undefined, status: string, now: string): string | undefined {
  return before?.status === status ? before.lastTransitionTime : now;
}

/** What the kubelet says of a pod's resize: there only while it is so. */
export const RESIZE_CONDITIONS: readonly string[] = ['PodResizePending', 'PodResizeInProgress'];
