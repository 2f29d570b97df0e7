import { conditionOf, isConditionTrue, type StoredPod } from '@shiplog/kube';

/** Whether the pod takes traffic, as its kubelet (or the node controller for it) says. */
export function isPodReady(pod: StoredPod): boolean {
  return isConditionTrue(pod, 'Ready');
}

/** Whether the pod has ended for good. */
export function isPodFinished(pod: StoredPod): boolean {
  return pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';
}

/** Whether the pod counts as one that runs or will: neither ended nor on its way out. */
export function isPodActive(pod: StoredPod): boolean {
  return !isPodFinished(pod) && pod.metadata.deletionTimestamp === undefined;
}

/** Milliseconds since 1970 of an RFC 3339 time; 0 for none. */
export function timeOf(text: string | undefined): number {
  const ms = text === undefined ? 0 : Date.parse(text);
  return Number.isNaN(ms) ? 0 : ms;
}

/**
 * How long until a ready pod counts as available: 0 when it does, undefined while it isn't ready. The seconds count
 * from the Ready condition's last transition.
 */
export function untilAvailableMs(pod: StoredPod, minReadySeconds: number, nowMs: number): number | undefined {
  const ready = conditionOf(pod, 'Ready');
  if (ready?.status !== 'True') return undefined;
  if (minReadySeconds === 0) return 0;
  return Math.max(0, timeOf(ready.lastTransitionTime) + minReadySeconds * 1000 - nowMs);
}
