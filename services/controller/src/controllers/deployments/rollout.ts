import { isRolling, maxSurge, maxUnavailable, wantedReplicas, type Deployment } from './budget';
import { totalOf, type SetPlan } from './set-plan';
import { allSets, type Sets } from './sets';

/** The sets of a Deployment whose present template has one. */
export interface Rollout extends Sets {
  readonly present: SetPlan;
}

/** How many pods the present set may have now, beside those of the others (NewRSNewReplicas). */
export function presentReplicas(rollout: Rollout, deployment: Deployment): number {
  const { present } = rollout;
  const wanted = wantedReplicas(deployment);
  if (present.replicas > wanted || !isRolling(deployment)) return wanted;
  const room = wanted + maxSurge(deployment) - totalOf(allSets(rollout));
  return present.replicas + Math.max(0, Math.min(room, wanted - present.replicas));
}

/** One step from the old pods to the new: more new ones where there is room, else fewer old ones where they can be spared. */
export function rollOn(rollout: Rollout, deployment: Deployment): void {
  const target = presentReplicas(rollout, deployment);
  if (target !== rollout.present.replicas) rollout.present.scaleTo(target, deployment);
  else scaleDownOld(rollout, deployment);
}

/** No more of the old pods. Answers whether there were any to end. */
export function endOld({ old }: Sets, deployment: Deployment): boolean {
  const running = old.filter(({ replicas }) => replicas > 0);
  for (const set of running) set.scaleTo(0, deployment);
  return running.length > 0;
}

/**
 * Ends what pods of old templates can be spared: first those that are not available, which would hold up the rest. New pods
 * that are not available yet are no reason to end old ones that are (reconcileOldReplicaSets).
 */
function scaleDownOld(rollout: Rollout, deployment: Deployment): void {
  const { present, old } = rollout;
  const least = wantedReplicas(deployment) - maxUnavailable(deployment);
  const spare = totalOf(allSets(rollout)) - least - (present.replicas - present.available);
  if (spare <= 0) return;
  endUpTo(spare, old, deployment, ({ replicas, available }) => replicas - available);
  const available = allSets(rollout).reduce((sum, set) => sum + set.available, 0);
  endUpTo(available - least, old, deployment, ({ replicas }) => replicas);
}

function endUpTo(most: number, sets: readonly SetPlan[], deployment: Deployment, of: (set: SetPlan) => number): void {
  let left = most;
  for (const set of sets) {
    const ended = Math.min(left, of(set));
    if (ended <= 0) continue;
    set.scaleTo(set.replicas - ended, deployment);
    left -= ended;
  }
}
