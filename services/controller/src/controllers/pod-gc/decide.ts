import type { ObjectOf } from '@shiplog/contracts';
import { deletionOf, isConditionTrue, statusPatchOf, type StoredPod } from '@shiplog/kube';
import type { Now, ReconcileResult } from '../../runtime/domain/controller';
import { isPodFinished, timeOf } from '../../domain/pods';

/** As Kubernetes' pod garbage collector says it (gcOrphaned). */
const NODE_GONE = {
  type: 'DisruptionTarget',
  status: 'True',
  reason: 'DeletionByPodGC',
  message: 'PodGC: node no longer exists',
};
const OUT_OF_SERVICE = 'node.kubernetes.io/out-of-service';
/** Deletions of one attempt, at most; what is left has its turn soon. */
const AT_ONCE = 500;
const SOON_MS = 50;

/** All that the decision on the pods of a node that may not come back looks at. */
export interface NodePodsView {
  /** Undefined: there is none of that name. */
  node: ObjectOf<'nodes'> | undefined;
  /** The pods bound to it. */
  pods: readonly StoredPod[];
  /** Since when it has been missing, in milliseconds; not asked of one that is there. */
  missingSinceMs: () => number;
  /** How long a node must have been missing before its pods are given up. */
  quarantineMs: number;
  /** After so long what could not be removed is tried again. */
  lookEveryMs: number;
  now: Now;
}

/** Removes pods that no kubelet will: those of a node that has vanished, and those that are to go from one declared out of service. */
export function decideNodePods(view: NodePodsView): ReconcileResult {
  const { node, pods, quarantineMs, lookEveryMs, now } = view;
  if (pods.length === 0) return { commands: [] };
  if (node !== undefined) {
    if (!isOutOfService(node)) return { commands: [] };
    return remove(pods.filter(isLeaving), lookEveryMs);
  }
  const leftMs = view.missingSinceMs() + quarantineMs - now.ms;
  if (leftMs > 0) return { commands: [], requeueAfterMs: Math.max(leftMs, SOON_MS) };
  return remove(pods, lookEveryMs, [{ ...NODE_GONE, lastTransitionTime: now.time }]);
}

/** Removes what was to go before it got a node: no kubelet will ever say that it has ended. */
export function decideUnscheduledPods(pods: readonly StoredPod[], lookEveryMs: number): ReconcileResult {
  return remove(pods.filter(isForNoKubelet), lookEveryMs);
}

/** Whether a pod is to go, and no node has it. */
export function isForNoKubelet(pod: StoredPod): boolean {
  return isLeaving(pod) && (pod.spec?.nodeName ?? '') === '';
}

function isLeaving({ metadata }: StoredPod): boolean {
  return metadata.deletionTimestamp !== undefined;
}

/** Whether a user has said that nothing runs on it any more. */
export function isOutOfService(node: ObjectOf<'nodes'>): boolean {
  return !isConditionTrue(node, 'Ready') && node.spec?.taints?.some(({ key }) => key === OUT_OF_SERVICE) === true;
}

/** Removes the oldest of the pods that have ended, but for so many that may stay to be looked at. */
export function decideEndedPods(pods: readonly StoredPod[], kept: number, lookEveryMs: number): ReconcileResult {
  const ended = pods.filter((pod) => isPodFinished(pod) && pod.metadata.deletionTimestamp === undefined);
  const oldest = [...ended].sort((a, b) => madeAt(a) - madeAt(b)).slice(0, Math.max(0, ended.length - kept));
  return { requeueAfterMs: lookEveryMs, ...remove(oldest, lookEveryMs) };
}

function madeAt({ metadata }: StoredPod): number {
  return timeOf(metadata.creationTimestamp);
}

/** What somebody holds with a finalizer has failed from now on: a Job may wait for the end of a pod before it makes another. */
function remove(pods: readonly StoredPod[], lookEveryMs: number, conditions: readonly object[] = []): ReconcileResult {
  if (pods.length === 0) return { commands: [] };
  const commands = pods
    .slice(0, AT_ONCE)
    .flatMap((pod) => [
      ...(isPodFinished(pod) ? [] : [statusPatchOf('pods', pod, { phase: 'Failed', conditions })]),
      deletionOf('pods', pod, { gracePeriodSeconds: 0 }),
    ]);
  return { commands, requeueAfterMs: pods.length > AT_ONCE ? SOON_MS : lookEveryMs };
}
