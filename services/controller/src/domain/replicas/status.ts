import type {
  KubeStatus,
  ObjectOf,
  ReplicationControllerCondition,
  ReplicationControllerStatus,
} from '@shiplog/contracts';
import { statusPatchOf, type StoredPod } from '@shiplog/kube';
import { matchesSelectorMap, sameJson } from '@shiplog/apimachinery';
import type { Now, PlannedCommand } from '../../runtime/domain/controller';
import { isPodReady, untilAvailableMs } from '../pods';

type Rc = ObjectOf<'replicationcontrollers'>;

/** What an RC's status should say of its active pods, and when it will be otherwise by time alone. */
export function observedStatus(
  rc: Rc,
  active: readonly StoredPod[],
  now: Now,
  failure: KubeStatus | undefined,
): { status: ReplicationControllerStatus; changesInMs?: number } {
  const waits = active.map((pod) => untilAvailableMs(pod, rc.spec?.minReadySeconds ?? 0, now.ms));
  const ahead = waits.filter((wait) => wait !== undefined && wait > 0) as number[];
  const templateLabels = rc.spec?.template?.metadata?.labels ?? {};
  const full = Object.keys(templateLabels).length === 0;
  const status: ReplicationControllerStatus = {
    replicas: active.length,
    fullyLabeledReplicas: active.filter((pod) => full || matchesSelectorMap(templateLabels, pod.metadata.labels))
      .length,
    readyReplicas: active.filter(isPodReady).length,
    availableReplicas: waits.filter((wait) => wait === 0).length,
    observedGeneration: rc.metadata.generation,
    conditions: conditions(rc, now, failure),
  };
  return { status, changesInMs: ahead.length === 0 ? undefined : Math.min(...ahead) };
}

/** The command that writes a status, when the stored one says something else. Absent counters count as 0. */
export function writeStatus(rc: Rc, wanted: ReplicationControllerStatus): PlannedCommand | undefined {
  const stored = rc.status;
  const counters = ['replicas', 'fullyLabeledReplicas', 'readyReplicas', 'availableReplicas'] as const;
  const same =
    counters.every((counter) => (stored?.[counter] ?? 0) === wanted[counter]) &&
    stored?.observedGeneration === wanted.observedGeneration &&
    sameJson(stored?.conditions ?? [], wanted.conditions ?? []);
  if (same) return undefined;
  const conditions = wanted.conditions?.length === 0 ? null : wanted.conditions;
  return statusPatchOf('replicationcontrollers', rc, { ...wanted, conditions }, { patchType: 'merge' });
}

/**
 * Other conditions stay. ReplicaFailure says why pods could not be made first, for as long as they can't be (SetCondition in
 * pkg/controller/replication): the next refusal may name another pod, and each write would be a reason to try another one.
 */
function conditions(rc: Rc, now: Now, failure: KubeStatus | undefined): ReplicationControllerCondition[] {
  const stored = rc.status?.conditions ?? [];
  const others = stored.filter((condition) => condition.type !== 'ReplicaFailure');
  if (failure === undefined) return others;
  const before = stored.find(({ type, status }) => type === 'ReplicaFailure' && status === 'True');
  const fresh = {
    type: 'ReplicaFailure',
    status: 'True',
    lastTransitionTime: now.time,
    reason: 'FailedCreate',
    message: failure.message ?? failure.reason ?? 'the pod was refused',
  };
  return [...others, before ?? fresh];
}
