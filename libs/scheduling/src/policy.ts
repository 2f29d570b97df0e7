import { DEFAULT_POLICY_NAME } from '@shiplog/contracts';
import { isOfNode, type Filter, type Score } from './rule';
import { interPodAffinity, preferredInterPodAffinity } from './rules/inter-pod-affinity';
import { nodeAffinity, preferredNodeAffinity } from './rules/node-affinity';
import { nodeName } from './rules/node-name';
import { nodePorts } from './rules/node-ports';
import { imageLocality } from './rules/image-locality';
import { balancedAllocation, leastAllocated, nodeResourcesFit } from './rules/node-resources';
import { podTopologySpread, preferredTopologySpread } from './rules/pod-topology-spread';
import { spreadByOwner } from './rules/spread-by-owner';
import { nodeUnschedulable, preferUntainted, taintToleration } from './rules/taints';
import { volumeBinding } from './rules/volume-binding';
import { volumeRestrictions } from './rules/volume-restrictions';
import { volumeZone } from './rules/volume-zone';

/** Which rules decide, in which order the filters are asked (the first that refuses counts), and what each score weighs. */
export interface Policy {
  /** `name/version`, as decisions record it. */
  readonly id: string;
  readonly filters: readonly Filter[];
  readonly scores: readonly { readonly rule: Score; readonly weight: number }[];
  /** How hard it looks for pods that may be evicted for a more important one. Absent: nobody is evicted. */
  readonly preemption?: PreemptionLimits;
  /** Of how many of all nodes the best is sought, in percent; undefined or 0: of all that fit. */
  readonly percentageOfNodesToScore?: number;
  /** Of a policy that is an object: a hash of its spec, and the id of that which has what it leaves out. */
  readonly origin?: { readonly base: string; readonly hash: string };
}

/** When enough nodes are found to choose from: the arguments of kube-scheduler's DefaultPreemption. */
export interface PreemptionLimits {
  readonly minCandidateNodesPercentage: number;
  readonly minCandidateNodesAbsolute: number;
}

/**
 * Every policy that has ever decided, by its id. A version is never changed, nor a rule that it lists in what it
 * answers: decisions in the log are made again by them. What should be otherwise becomes the next version.
 *
 * - default/1: the first; the weights of Kubernetes' default profile.
 * - default/2: a pod goes where the volumes of its claims are, or can be had.
 * - default/3: pods go near others, or far from them, as they ask it of each other, and are spread as they ask; those that
 *   say nothing of it are spread over zones and nodes, which takes the place of SpreadByOwner; zones of volumes count, and
 *   images that nodes have already; pods of lower priority make room for a pod that fits nowhere.
 */
const POLICIES: readonly Policy[] = [
  {
    id: 'default/1',
    filters: [nodeUnschedulable, nodeName, taintToleration, nodeAffinity, nodePorts, nodeResourcesFit],
    scores: [
      { rule: leastAllocated, weight: 1 },
      { rule: balancedAllocation, weight: 1 },
      { rule: spreadByOwner, weight: 2 },
      { rule: preferredNodeAffinity, weight: 2 },
      { rule: preferUntainted, weight: 3 },
    ],
  },
  {
    id: 'default/2',
    filters: [
      nodeUnschedulable,
      nodeName,
      taintToleration,
      nodeAffinity,
      nodePorts,
      nodeResourcesFit,
      volumeRestrictions,
      volumeBinding,
    ],
    scores: [
      { rule: leastAllocated, weight: 1 },
      { rule: balancedAllocation, weight: 1 },
      { rule: spreadByOwner, weight: 2 },
      { rule: preferredNodeAffinity, weight: 2 },
      { rule: preferUntainted, weight: 3 },
    ],
  },
  {
    id: 'default/3',
    filters: [
      nodeUnschedulable,
      nodeName,
      taintToleration,
      nodeAffinity,
      nodePorts,
      nodeResourcesFit,
      volumeRestrictions,
      volumeBinding,
      volumeZone,
      podTopologySpread,
      interPodAffinity,
    ],
    scores: [
      { rule: leastAllocated, weight: 1 },
      { rule: balancedAllocation, weight: 1 },
      { rule: imageLocality, weight: 1 },
      { rule: preferredNodeAffinity, weight: 2 },
      { rule: preferUntainted, weight: 3 },
      { rule: preferredTopologySpread, weight: 2 },
      { rule: preferredInterPodAffinity, weight: 2 },
    ],
    preemption: { minCandidateNodesPercentage: 10, minCandidateNodesAbsolute: 100 },
  },
];

for (const { id, filters } of POLICIES) {
  const first = filters.findIndex((filter) => !isOfNode(filter));
  if (first >= 0 && filters.slice(first).some(isOfNode))
    throw new Error(`${id} asks a filter of one node after one of the cluster, whose verdict would count first`);
}

/** By which pods are scheduled that were not asked otherwise. */
export const DEFAULT_POLICY = 'default/3';

/** Every policy that can be asked for. */
export const POLICY_IDS: readonly string[] = POLICIES.map(({ id }) => id);

/** Whether an id is of a policy that is no object. */
export function isBuiltIn(id: string): boolean {
  return id.startsWith(`${DEFAULT_POLICY_NAME}/`);
}

/** Tells versions of policies apart, also those of two objects that had the same name one after the other. */
export function policyKey({ id, origin }: Policy): string {
  return origin === undefined ? id : `${id} ${origin.base} ${origin.hash}`;
}

const byId = new Map(POLICIES.map((policy) => [policy.id, policy]));

/** The policy of this id. Throws when there never was one: a decision that names it is not of this log. */
export function policyOf(id: string): Policy {
  const policy = byId.get(id);
  if (policy === undefined) {
    throw new Error(`no scheduling policy is called ${id}; known are ${POLICY_IDS.join(', ')}`);
  }
  return policy;
}
