import type { UtilizationShapePoint } from '@shiplog/contracts';
import type { NodeFacts } from '../facts/node-facts';
import type { PodFacts } from '../facts/pod-facts';
import type { Score } from '../rule';

/** A resource that is looked at, and how much it counts beside the others. */
export interface WeighedResource {
  readonly name: string;
  readonly weight: number;
}

const CPU_AND_MEMORY: readonly WeighedResource[] = [
  { name: 'cpu', weight: 1 },
  { name: 'memory', weight: 1 },
];
const POINTS_OF_SHAPE = 10;

/**
 * Best is the node that would have the largest part of these resources left: NodeResourcesFit's LeastAllocated with
 * resources of one's own.
 */
export function leastAllocatedOf(resources = CPU_AND_MEMORY): Score {
  return byAllocation('NodeResourcesLeastAllocated', resources, (asked, offered) =>
    asked > offered ? 0 : Math.floor(((offered - asked) * 100) / offered),
  );
}

/** Best is the node that would have the smallest part of these resources left: NodeResourcesFit's MostAllocated. */
export function mostAllocatedOf(resources = CPU_AND_MEMORY): Score {
  return byAllocation('NodeResourcesMostAllocated', resources, (asked, offered) =>
    Math.floor((Math.min(asked, offered) * 100) / offered),
  );
}

/**
 * Points by the part that would be requested, on lines between the points of a shape: NodeResourcesFit's
 * RequestedToCapacityRatio. A resource that comes to no points at all does not count.
 *
 * @param shape by rising utilization, one point at least
 */
export function requestedToCapacityRatioOf(shape: readonly UtilizationShapePoint[], resources = CPU_AND_MEMORY): Score {
  const name = 'NodeResourcesRequestedToCapacityRatio';
  const pointsAt = brokenLine(shape);
  return byAllocation(
    name,
    resources,
    (asked, offered) => pointsAt(asked > offered ? 100 : Math.floor((asked * 100) / offered)),
    { counts: (points) => points > 0, round: Math.round },
  );
}

interface Mean {
  /** Whether a resource with these points counts. */
  counts(points: number): boolean;
  round(mean: number): number;
}

const PLAIN_MEAN: Mean = { counts: () => true, round: Math.floor };

/** The weighed mean of points by what would be requested of each resource; of what a node does not have, nothing is said. */
function byAllocation(
  name: string,
  resources: readonly WeighedResource[],
  pointsOf: (asked: number, offered: number) => number,
  { counts, round }: Mean = PLAIN_MEAN,
): Score {
  return {
    kind: 'score',
    name,
    scale: 'points',
    rate(pod) {
      const looked = resources.filter((resource) => isRated(resource.name, pod));
      return (node) => {
        let sum = 0;
        let weights = 0;
        for (const { name: resource, weight } of looked) {
          const offered = node.allocatable.get(resource) ?? 0;
          if (offered === 0) continue;
          const points = pointsOf(askedOf(resource, pod, node), offered);
          if (!counts(points)) continue;
          sum += points * weight;
          weights += weight;
        }
        return weights === 0 ? 0 : round(sum / weights);
      };
    },
  };
}

/** Devices and their like rate no node for pods that don't ask for them (calculateResourceAllocatableRequest). */
function isRated(resource: string, { requests }: PodFacts): boolean {
  return isPlain(resource) || requests.has(resource);
}

function isPlain(resource: string): boolean {
  return resource === 'cpu' || resource === 'memory' || resource === 'ephemeral-storage';
}

/** Of cpu and memory what is likely used: pods that ask for nothing use some, too. */
function askedOf(resource: string, pod: PodFacts, node: NodeFacts): number {
  if (resource === 'cpu' || resource === 'memory') return node.likelyUse[resource] + pod.likelyUse[resource];
  return (node.requested.get(resource) ?? 0) + (pod.requests.get(resource) ?? 0);
}

/** 0..100 at a utilization, on straight lines between the points; beside them as at the first and the last. */
function brokenLine(shape: readonly UtilizationShapePoint[]): (utilization: number) => number {
  const points = shape.map(({ utilization, score }) => ({ at: utilization, points: score * POINTS_OF_SHAPE }));
  return (utilization) => {
    const next = points.findIndex(({ at }) => utilization <= at);
    const [from, to] = [points[next - 1], points[next]];
    if (to === undefined) return points.at(-1)?.points ?? 0;
    if (from === undefined) return to.points;
    return from.points + Math.trunc(((to.points - from.points) * (utilization - from.at)) / (to.at - from.at));
  };
}
