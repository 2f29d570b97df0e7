import type { StoredPod } from '@shiplog/kube';
import { bounds, isAvailable, isLeaving, isUpdated, type Changes, type Plan, type Site } from './plan';

type Replacements = Pick<Changes, 'surplus' | 'wanting'>;

interface Pair {
  readonly present?: StoredPod;
  readonly former?: StoredPod;
}

/** Which pods of former revisions go, or get another beside them, within the bounds of the set (rollingUpdate of Kubernetes). */
export function rollingUpdate(plan: Plan): Replacements {
  const { maxSurge, maxUnavailable, desired } = bounds(plan);
  return maxSurge === 0 ? replaced(plan, maxUnavailable) : surged(plan, maxSurge, desired);
}

/** Those that are of no use go at once; of the others as many as may be unavailable. What is deleted is made anew when it is gone. */
function replaced(plan: Plan, maxUnavailable: number): Replacements {
  const useless: StoredPod[] = [];
  const candidates: StoredPod[] = [];
  let unavailable = 0;
  for (const site of sitesOfUpdate(plan)) {
    const pair = pairOn(plan, site);
    const only = pair?.present ?? pair?.former;
    if (pair === undefined || only === undefined || (pair.present !== undefined && pair.former !== undefined)) {
      unavailable++;
    } else if (pair.present !== undefined) {
      if (!isAvailable(plan, pair.present)) unavailable++;
    } else if (isAvailable(plan, only)) {
      candidates.push(only);
    } else {
      useless.push(only);
      unavailable++;
    }
  }
  const left = Math.max(0, maxUnavailable - unavailable);
  return { surplus: [...useless, ...candidates.slice(0, left)], wanting: [] };
}

/** Nodes get a second pod, as many at a time as there may be too many; the first goes when that is available. */
function surged(plan: Plan, maxSurge: number, desired: number): Replacements {
  const surplus: StoredPod[] = [];
  const misplaced: StoredPod[] = [];
  const urgent: string[] = [];
  const candidates: string[] = [];
  let surging = 0;
  let available = 0;
  for (const site of sitesOfUpdate(plan)) {
    const pair = pairOn(plan, site);
    if (pair === undefined) {
      surging++;
      continue;
    }
    const { present, former } = pair;
    const first = former ?? present;
    const isServing = first !== undefined && isAvailable(plan, first);
    if (isServing) available++;
    if (former === undefined) continue;
    if (present !== undefined) {
      if (isAvailable(plan, present)) surplus.push(former);
      else surging++;
    } else if (!site.placement.runs) (isServing ? misplaced : surplus).push(former);
    else (isServing ? candidates : urgent).push(site.node);
  }
  // Who surges wants all to serve at any time: those that have no place any more go when others serve for them.
  surplus.push(...misplaced.slice(0, Math.max(0, available - desired)));
  return { surplus, wanting: [...urgent, ...candidates.slice(0, Math.max(0, maxSurge - surging))] };
}

function sitesOfUpdate({ sites }: Plan): Site[] {
  return sites.filter(({ isThere, placement, pods }) => isThere && (placement.runs || pods.length > 0));
}

/** The pods of a node by revision; undefined when there are several of one, of which all but one are to go first. */
function pairOn(plan: Plan, { pods }: Site): Pair | undefined {
  const staying = pods.filter((pod) => !isLeaving(pod));
  const [present, ...others] = staying.filter((pod) => isUpdated(plan, pod));
  const [former, ...more] = staying.filter((pod) => !isUpdated(plan, pod));
  return others.length + more.length > 0 ? undefined : { present, former };
}
