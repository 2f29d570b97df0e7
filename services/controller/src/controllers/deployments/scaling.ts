import { countIn, DESIRED_REPLICAS, MAX_REPLICAS } from './annotations';
import { isRolling, maxSurge, wantedReplicas, type Deployment } from './budget';
import { byAge, totalOf, type SetPlan } from './set-plan';
import { allSets, type Sets } from './sets';

/**
 * Whether the Deployment wants another number of pods than when its sets were last scaled: no step of a rollout, then. One that
 * ends all old pods first has nothing to keep in proportion, and would wait for ever if it were to scale them before.
 */
export function isScaled(sets: Sets, deployment: Deployment): boolean {
  if (!isRolling(deployment)) return false;
  return active(allSets(sets)).some(({ annotations }) => {
    const desired = countIn(annotations, DESIRED_REPLICAS);
    return desired !== undefined && desired !== wantedReplicas(deployment);
  });
}

/** Has the number that is wanted now: the one set there is, or in the middle of a rollout each in its proportion. */
export function scaleAll(sets: Sets, deployment: Deployment): void {
  const wanted = wantedReplicas(deployment);
  const only = onlyOrLatest(sets);
  if (only !== undefined) only.scaleTo(wanted, deployment);
  else if (isSaturated(sets.present, deployment)) {
    for (const set of active(sets.old)) set.scaleTo(0, deployment);
  } else if (isRolling(deployment)) scaleInProportion(active(allSets(sets)), deployment);
}

/** The only set with pods; where none has any, the latest. */
function onlyOrLatest(sets: Sets): SetPlan | undefined {
  const running = active(allSets(sets));
  if (running.length > 1) return undefined;
  return running[0] ?? sets.present ?? sets.old.at(-1);
}

/** Whether the present set has all pods that are wanted, and they are available. */
function isSaturated(present: SetPlan | undefined, deployment: Deployment): boolean {
  const wanted = wantedReplicas(deployment);
  return (
    present?.replicas === wanted &&
    countIn(present.annotations, DESIRED_REPLICAS) === wanted &&
    (present.set.status?.availableReplicas ?? 0) === wanted
  );
}

/** Each keeps its part of all pods that there may be; what rounding leaves goes to the largest. */
function scaleInProportion(sets: SetPlan[], deployment: Deployment): void {
  const wanted = wantedReplicas(deployment);
  const missing = (wanted > 0 ? wanted + maxSurge(deployment) : 0) - totalOf(sets);
  const newestFirst = missing > 0;
  sets.sort((a, b) => b.replicas - a.replicas || (newestFirst ? byAge(b, a) : byAge(a, b)));
  const sizes = sets.map(({ replicas }) => replicas);
  let added = 0;
  sets.forEach((set, i) => {
    const part = proportionOf(set, deployment, missing, added);
    sizes[i]! += part;
    added += part;
  });
  if (sizes.length > 0) sizes[0] = Math.max(0, sizes[0]! + missing - added);
  sets.forEach((set, i) => set.scaleTo(sizes[i]!, deployment));
}

/** What a set gains or loses of so many pods, when others had `added` of them (GetReplicaSetProportion). */
function proportionOf(set: SetPlan, deployment: Deployment, missing: number, added: number): number {
  const left = missing - added;
  if (set.replicas === 0 || left === 0) return 0;
  const fraction = fractionOf(set, deployment);
  return missing > 0 ? Math.min(fraction, left) : Math.max(fraction, left);
}

function fractionOf({ replicas, annotations }: SetPlan, deployment: Deployment): number {
  const wanted = wantedReplicas(deployment);
  if (wanted === 0) return -replicas;
  // A set that never was a part of this Deployment's has no share of what it might have had.
  const before = countIn(annotations, MAX_REPLICAS) || deployment.status?.replicas || 0;
  if (before === 0) return 0;
  return Math.round((replicas * (wanted + maxSurge(deployment))) / before) - replicas;
}

function active(sets: readonly SetPlan[]): SetPlan[] {
  return sets.filter(({ replicas }) => replicas > 0);
}
