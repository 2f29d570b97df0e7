import type { StatefulSetStatus } from '@shiplog/contracts';
import { statusPatchOf, type StoredPod } from '@shiplog/kube';
import { isPodReady, untilAvailableMs } from '../../domain/pods';
import type { PlannedCommand } from '../../runtime/domain/controller';
import { revisionOf, type StatefulSet } from './identity';

/** Which of a set's revisions its pods are made of, by name. */
export interface Revisions {
  /** Those that no update has reached yet. */
  readonly current: string;
  readonly update: string;
}

const COUNTERS = ['replicas', 'readyReplicas', 'availableReplicas', 'currentReplicas', 'updatedReplicas'] as const;

/** Whether the pod runs and takes traffic. */
export function isRunningAndReady(pod: StoredPod): boolean {
  return pod.status?.phase === 'Running' && isPodReady(pod);
}

/** Whether the pod has been ready for the set's minReadySeconds. */
export function isAvailable(set: StatefulSet, pod: StoredPod, nowMs: number): boolean {
  return isRunningAndReady(pod) && untilAvailableMs(pod, set.spec?.minReadySeconds ?? 0, nowMs) === 0;
}

/** What a set's status should say of its pods (computeReplicaStatus and completeRollingUpdate of Kubernetes). */
export function observedStatus(
  set: StatefulSet,
  pods: readonly StoredPod[],
  revisions: Revisions,
  collisions: number,
  nowMs: number,
): StatefulSetStatus {
  const staying = pods.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  const madeOf = (revision: string): number => staying.filter((pod) => revisionOf(pod) === revision).length;
  const status = {
    observedGeneration: set.metadata.generation,
    replicas: pods.length,
    readyReplicas: pods.filter(isRunningAndReady).length,
    availableReplicas: pods.filter((pod) => isAvailable(set, pod, nowMs)).length,
    currentReplicas: madeOf(revisions.current),
    updatedReplicas: madeOf(revisions.update),
    currentRevision: revisions.current,
    updateRevision: revisions.update,
    collisionCount: collisions,
  };
  const isComplete = status.updatedReplicas === status.replicas && status.readyReplicas === status.replicas;
  if (set.spec?.updateStrategy?.type !== 'RollingUpdate' || !isComplete) return status;
  return { ...status, currentReplicas: status.updatedReplicas, currentRevision: revisions.update };
}

/** The command that writes a status, when the stored one says something else. Absent counters count as 0. */
export function writeStatus(set: StatefulSet, wanted: StatefulSetStatus): PlannedCommand | undefined {
  const { status } = set;
  const isSame =
    COUNTERS.every((counter) => (status?.[counter] ?? 0) === (wanted[counter] ?? 0)) &&
    status?.observedGeneration === wanted.observedGeneration &&
    status?.currentRevision === wanted.currentRevision &&
    status?.updateRevision === wanted.updateRevision &&
    status?.collisionCount === wanted.collisionCount;
  return isSame ? undefined : statusPatchOf('statefulsets.apps', set, wanted, { patchType: 'merge' });
}
