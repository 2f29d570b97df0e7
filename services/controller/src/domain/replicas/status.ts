import type { KubeStatus, ReplicaSetCondition, ReplicaSetStatus } from '@shiplog/contracts';
import { statusPatchOf, type StoredPod } from '@shiplog/kube';
import { matchesSelectorMap, sameJson } from '@shiplog/apimachinery';
import type { Now, PlannedCommand } from '../../runtime/domain/controller';
import { messageOf } from '../pod-making';
import { isPodReady, untilAvailableMs } from '../pods';
import type { ReplicaResource, Replicas } from './kind';

/** What a status should say of the active pods, and when it will be otherwise by time alone. */
export function observedStatus(
  owner: Replicas,
  active: readonly StoredPod[],
  now: Now,
  failure: KubeStatus | undefined,
): { status: ReplicaSetStatus; changesInMs?: number } {
  const waits = active.map((pod) => untilAvailableMs(pod, owner.spec?.minReadySeconds ?? 0, now.ms));
  const ahead = waits.filter((wait) => wait !== undefined && wait > 0) as number[];
  const templateLabels = owner.spec?.template?.metadata?.labels ?? {};
  const full = Object.keys(templateLabels).length === 0;
  const status: ReplicaSetStatus = {
    replicas: active.length,
    fullyLabeledReplicas: active.filter((pod) => full || matchesSelectorMap(templateLabels, pod.metadata.labels))
      .length,
    readyReplicas: active.filter(isPodReady).length,
    availableReplicas: waits.filter((wait) => wait === 0).length,
    observedGeneration: owner.metadata.generation,
    conditions: conditions(owner, now, failure),
  };
  return { status, changesInMs: ahead.length === 0 ? undefined : Math.min(...ahead) };
}

/** The command that writes a status, when the stored one says something else. Absent counters count as 0. */
export function writeStatus(
  resource: ReplicaResource,
  owner: Replicas,
  wanted: ReplicaSetStatus,
): PlannedCommand | undefined {
  const stored = owner.status;
  const counters = ['replicas', 'fullyLabeledReplicas', 'readyReplicas', 'availableReplicas'] as const;
  const same =
    counters.every((counter) => (stored?.[counter] ?? 0) === wanted[counter]) &&
    stored?.observedGeneration === wanted.observedGeneration &&
    sameJson(stored?.conditions ?? [], wanted.conditions ?? []);
  if (same) return undefined;
  const conditions = wanted.conditions?.length === 0 ? null : wanted.conditions;
  return statusPatchOf(resource, owner, { ...wanted, conditions }, { patchType: 'merge' });
}

/**
 * Other conditions stay. ReplicaFailure says why pods could not be made first, for as long as they can't be (SetCondition in
 * pkg/controller/replicaset): the next refusal may name another pod, and each write would be a reason to try another one.
 */
function conditions(owner: Replicas, now: Now, failure: KubeStatus | undefined): ReplicaSetCondition[] {
  const stored = owner.status?.conditions ?? [];
  const others = stored.filter((condition) => condition.type !== 'ReplicaFailure');
  if (failure === undefined) return others;
  const before = stored.find(({ type, status }) => type === 'ReplicaFailure' && status === 'True');
  const fresh = {
    type: 'ReplicaFailure',
    status: 'True',
    lastTransitionTime: now.time,
    reason: 'FailedCreate',
    message: messageOf(failure),
  };
  return [...others, before ?? fresh];
}
