import type { DaemonSetStatus } from '@shiplog/contracts';
import { statusPatchOf } from '@shiplog/kube';
import { isPodReady } from '../../domain/pods';
import type { PlannedCommand } from '../../runtime/domain/controller';
import type { DaemonSet } from './placement';
import { bySeniority, isAvailable, isUpdated, type Plan } from './plan';

const COUNTERS = [
  'desiredNumberScheduled',
  'currentNumberScheduled',
  'numberMisscheduled',
  'numberReady',
  'numberAvailable',
  'numberUnavailable',
  'updatedNumberScheduled',
] as const;

/** What a set's status should say: of each node its oldest pod counts (updateDaemonSetStatus of Kubernetes). */
export function observedStatus(plan: Plan, collisions: number): DaemonSetStatus {
  const sites = plan.sites.filter(({ isThere }) => isThere);
  const wanted = sites.filter(({ placement }) => placement.runs);
  const oldest = wanted.flatMap(({ pods }) => bySeniority(pods).slice(0, 1));
  const available = oldest.filter((pod) => isPodReady(pod) && isAvailable(plan, pod)).length;
  return {
    observedGeneration: plan.set.metadata.generation,
    desiredNumberScheduled: wanted.length,
    currentNumberScheduled: oldest.length,
    numberMisscheduled: sites.filter(({ placement, pods }) => !placement.runs && pods.length > 0).length,
    numberReady: oldest.filter(isPodReady).length,
    numberAvailable: available,
    numberUnavailable: wanted.length - available,
    updatedNumberScheduled: oldest.filter((pod) => isUpdated(plan, pod)).length,
    ...(collisions > 0 && { collisionCount: collisions }),
  };
}

/** The command that writes a status, when the stored one says something else. Absent counters count as 0. */
export function writeStatus(set: DaemonSet, wanted: DaemonSetStatus): PlannedCommand | undefined {
  const { status } = set;
  const isSame =
    COUNTERS.every((counter) => (status?.[counter] ?? 0) === (wanted[counter] ?? 0)) &&
    status?.observedGeneration === wanted.observedGeneration &&
    (status?.collisionCount ?? 0) === (wanted.collisionCount ?? 0);
  return isSame ? undefined : statusPatchOf('daemonsets.apps', set, wanted, { patchType: 'merge' });
}
