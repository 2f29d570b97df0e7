import { conditionOf, statusPatchOf, type StoredPod } from '@shiplog/kube';
import { SETTLED, type Now, type ReconcileResult } from '../../runtime/domain/controller';
import { isPodFinished, timeOf } from '../../domain/pods';

const TARGET = 'DisruptionTarget';
/** A pod of which it was said that it is about to go is expected to be on its way out by then (stalePodDisruptionTimeout). */
export const STALE_AFTER_MS = 120_000;

/**
 * Whether a pod says that it is about to go, although nobody has begun to delete it. What a kubelet says is never stale: it
 * ends a pod by itself, however long that takes.
 */
export function mayBeStale(pod: StoredPod): boolean {
  const condition = conditionOf(pod, TARGET);
  if (condition?.status !== 'True' || condition.reason === 'TerminationByKubelet') return false;
  return pod.metadata.deletionTimestamp === undefined && !isPodFinished(pod);
}

/** Takes back that a pod is about to go, once it should have gone (syncStalePodDisruption of Kubernetes' disruption controller). */
export function decideStaleTarget(pod: StoredPod | undefined, now: Now): ReconcileResult {
  if (pod === undefined || !mayBeStale(pod)) return SETTLED;
  const leftMs = timeOf(conditionOf(pod, TARGET)?.lastTransitionTime) + STALE_AFTER_MS - now.ms;
  if (leftMs > 0) return { commands: [], requeueAfterMs: leftMs };
  const condition = { type: TARGET, status: 'False', lastTransitionTime: now.time, reason: null, message: null };
  return { commands: [statusPatchOf('pods', pod, { conditions: [condition] }, { asSeen: true })] };
}
