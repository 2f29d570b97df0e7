import { KNOWN_FILTERS, KNOWN_SCORES, type FilterName, type ScoreName } from '@shiplog/contracts';
import type { SchedulingPolicyParameters, ScoredResource } from '@shiplog/contracts';
import type { Filter, Score } from '../rule';
import {
  leastAllocatedOf,
  mostAllocatedOf,
  requestedToCapacityRatioOf,
  type WeighedResource,
} from '../rules/allocation';
import { imageLocality } from '../rules/image-locality';
import { interPodAffinity, preferredInterPodAffinity } from '../rules/inter-pod-affinity';
import { nodeAffinity, preferredNodeAffinity } from '../rules/node-affinity';
import { nodeName } from '../rules/node-name';
import { nodePorts } from '../rules/node-ports';
import { balancedAllocation, leastAllocated, nodeResourcesFit } from '../rules/node-resources';
import { podTopologySpread, preferredTopologySpread } from '../rules/pod-topology-spread';
import { spreadByOwner } from '../rules/spread-by-owner';
import { nodeUnschedulable, preferUntainted, taintToleration } from '../rules/taints';
import { volumeBinding } from '../rules/volume-binding';
import { volumeRestrictions } from '../rules/volume-restrictions';
import { volumeZone } from '../rules/volume-zone';

/** The rules behind the names that a SchedulingPolicy may have: a rule never changes in what it answers, nor its name. */
const FILTERS: Readonly<Record<FilterName, Filter>> = {
  NodeUnschedulable: nodeUnschedulable,
  NodeName: nodeName,
  TaintToleration: taintToleration,
  NodeAffinity: nodeAffinity,
  NodePorts: nodePorts,
  NodeResourcesFit: nodeResourcesFit,
  VolumeRestrictions: volumeRestrictions,
  VolumeBinding: volumeBinding,
  VolumeZone: volumeZone,
  PodTopologySpread: podTopologySpread,
  InterPodAffinity: interPodAffinity,
};

/** A score as a policy's parameters make it. */
type ScoreFactory = (parameters: SchedulingPolicyParameters) => Score;

const SCORES: Readonly<Record<ScoreName, ScoreFactory>> = {
  NodeResourcesLeastAllocated: ({ NodeResourcesLeastAllocated: given }) =>
    given === undefined ? leastAllocated : leastAllocatedOf(weighed(given.resources)),
  NodeResourcesMostAllocated: ({ NodeResourcesMostAllocated: given }) => mostAllocatedOf(weighed(given?.resources)),
  NodeResourcesRequestedToCapacityRatio: ({ NodeResourcesRequestedToCapacityRatio: given }) =>
    requestedToCapacityRatioOf(given?.shape ?? [], weighed(given?.resources)),
  NodeResourcesBalancedAllocation: () => balancedAllocation,
  ImageLocality: () => imageLocality,
  SpreadByOwner: () => spreadByOwner,
  PreferredNodeAffinity: () => preferredNodeAffinity,
  PreferUntainted: () => preferUntainted,
  PreferredTopologySpread: () => preferredTopologySpread,
  PreferredInterPodAffinity: () => preferredInterPodAffinity,
};

/** Every filter that a policy may name, in the order in which they are asked. */
export const FILTERS_IN_ORDER: readonly Filter[] = KNOWN_FILTERS.map(({ name }) => FILTERS[name]);

/** The score of a name; undefined when there is none. */
export function scoreNamed(name: string, parameters: SchedulingPolicyParameters): Score | undefined {
  const known = KNOWN_SCORES.find((score) => score === name);
  return known === undefined ? undefined : SCORES[known](parameters);
}

function weighed(resources: readonly ScoredResource[] = []): readonly WeighedResource[] | undefined {
  return resources.length === 0 ? undefined : resources.map(({ name, weight = 1 }) => ({ name, weight }));
}
