import type { DeploymentCondition, DeploymentStatus } from '@shiplog/contracts';
import { statusPatchOf } from '@shiplog/kube';
import { sameJson } from '@shiplog/apimachinery';
import type { Now, PlannedCommand } from '../../runtime/domain/controller';
import { REVISION, revisionOf } from './annotations';
import { maxUnavailable, wantedReplicas, type Deployment } from './budget';
import { withCondition } from './conditions';
import { totalOf, type SetPlan } from './set-plan';
import { allSets, type Sets } from './sets';

type Counter = 'replicas' | 'updatedReplicas' | 'readyReplicas' | 'availableReplicas' | 'unavailableReplicas';

/** What is counted of a Deployment's pods, as its sets say. */
export type Counts = Required<Pick<DeploymentStatus, Counter>>;

export function countsOf(sets: Sets): Counts {
  const all = allSets(sets);
  const sum = (count: (set: SetPlan) => number | undefined): number =>
    all.reduce((total, plan) => total + (count(plan) ?? 0), 0);
  const availableReplicas = sum(({ set }) => set.status?.availableReplicas);
  return {
    replicas: sum(({ set }) => set.status?.replicas),
    updatedReplicas: sets.present?.set.status?.replicas ?? 0,
    readyReplicas: sum(({ set }) => set.status?.readyReplicas),
    availableReplicas,
    unavailableReplicas: Math.max(0, totalOf(all) - availableReplicas),
  };
}

/** Whether all pods that are wanted are new ones, and available, and there are no others. */
export function isComplete(deployment: Deployment, counts: Partial<Counts>): boolean {
  const wanted = wantedReplicas(deployment);
  const { replicas = 0, updatedReplicas = 0, availableReplicas = 0 } = counts;
  return replicas === wanted && updatedReplicas === wanted && availableReplicas === wanted;
}

/** Whether enough of the pods that are wanted can be used. */
export function withAvailability(
  conditions: readonly DeploymentCondition[],
  deployment: Deployment,
  { availableReplicas }: Counts,
  now: Now,
): readonly DeploymentCondition[] {
  const isEnough = availableReplicas >= wantedReplicas(deployment) - maxUnavailable(deployment);
  const [status, reason, message] = isEnough
    ? (['True', 'MinimumReplicasAvailable', 'Deployment has minimum availability.'] as const)
    : (['False', 'MinimumReplicasUnavailable', 'Deployment does not have minimum availability.'] as const);
  return withCondition(conditions, { type: 'Available', status, reason, message }, now);
}

/** A Deployment's failures to make pods are those of its sets, of the present one first. */
export function replicaFailure(sets: Sets): DeploymentCondition | undefined {
  for (const plan of [sets.present, ...sets.old]) {
    const failure = plan?.set.status?.conditions?.find(({ type }) => type === 'ReplicaFailure');
    if (failure !== undefined) return { ...failure, lastUpdateTime: failure.lastTransitionTime };
  }
  return undefined;
}

/**
 * The command that writes what was observed, where something else is stored: a Deployment's revision goes with it, as in
 * Kubernetes. What counts to 0 is not there.
 */
export function writeStatus(
  deployment: Deployment,
  sets: Sets,
  { collisionCount = 0, ...counts }: Counts & { collisionCount?: number },
  conditions: readonly DeploymentCondition[],
): PlannedCommand | undefined {
  const { status: stored = {}, metadata } = deployment;
  const wanted = { ...counts, collisionCount, observedGeneration: metadata.generation ?? 0 };
  const revision = revisionToTell(deployment, sets);
  const same =
    revision === undefined &&
    Object.entries(wanted).every(([name, value]) => (stored[name as keyof typeof wanted] ?? 0) === value) &&
    sameJson(stored.conditions ?? [], conditions);
  if (same) return undefined;
  const status = Object.fromEntries(Object.entries(wanted).map(([name, value]) => [name, value === 0 ? null : value]));
  const { data, type } = statusPatchOf(
    'deployments.apps',
    deployment,
    { ...status, conditions },
    { patchType: 'merge' },
  );
  if (revision === undefined) return { type, data };
  const patch = { ...data.patch, metadata: { ...data.patch.metadata, annotations: { [REVISION]: revision } } };
  return { type, data: { ...data, patch } };
}

/** That of the present set, where the Deployment tells another. */
function revisionToTell({ metadata }: Deployment, { present }: Sets): string | undefined {
  const revision = present?.annotations[REVISION];
  if (present === undefined || revision === undefined || revisionOf(present.annotations) === undefined)
    return undefined;
  return metadata.annotations?.[REVISION] === revision ? undefined : revision;
}
