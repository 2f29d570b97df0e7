import type { NodeFacts } from '../facts/node-facts';
import type { PodFacts } from '../facts/pod-facts';
import type { Filter, Refusal, Score } from '../rule';

const FULL: Refusal = ['Too many pods'];

/**
 * What the pod asks for (cpu, memory, ephemeral-storage, extended resources) must be left of what the node offers, and
 * the node must take one more pod. Each thing that is short is a reason of its own, as in Kubernetes.
 */
export const nodeResourcesFit: Filter = {
  kind: 'filter',
  name: 'NodeResourcesFit',
  isMonotone: true,
  /** More than all of it is not to be had by anybody's leaving. */
  unresolvable: (_refusal, { requests }, node) =>
    [...requests].some(([resource, asked]) => asked > (node.allocatable.get(resource) ?? 0)),
  queueingHints: ['NodeAllocatableChanged', 'CapacityFreed'],
  check({ requests }) {
    return (node) => {
      let short: string[] | undefined = isFull(node) ? [...FULL] : undefined;
      for (const [resource, asked] of requests) {
        if (isShort(node, resource, asked)) (short ??= []).push(`Insufficient ${resource}`);
      }
      return short as Refusal | undefined;
    };
  },
};

function isShort(node: NodeFacts, resource: string, asked: number): boolean {
  return asked > (node.allocatable.get(resource) ?? 0) - (node.requested.get(resource) ?? 0);
}

/** What a pod asks for and a node has not left: cpu, memory and disk first, as Kubernetes looks at them. */
export function shortOf({ requests }: PodFacts, node: NodeFacts): { resource: string; asked: number }[] {
  const short = [...requests].filter(([resource, asked]) => isShort(node, resource, asked));
  return short
    .map(([resource, asked]) => ({ resource, asked }))
    .sort((a, b) => rankOf(a.resource) - rankOf(b.resource));
}

const LOOKED_AT_FIRST = ['cpu', 'memory', 'ephemeral-storage'];

function rankOf(resource: string): number {
  const rank = LOOKED_AT_FIRST.indexOf(resource);
  return rank < 0 ? LOOKED_AT_FIRST.length : rank;
}

/** Whether a node has as many pods as it takes. */
export function isFull(node: NodeFacts): boolean {
  return node.podCount >= (node.allocatable.get('pods') ?? 0);
}

/** Best is the node that would have the largest part of its cpu and memory left (NodeResourcesFit's LeastAllocated). */
export const leastAllocated: Score = {
  kind: 'score',
  name: 'NodeResourcesLeastAllocated',
  scale: 'points',
  rate({ likelyUse }) {
    return (node) => {
      const cpu = partLeft(node.offers.cpu, node.likelyUse.cpu + likelyUse.cpu);
      const memory = partLeft(node.offers.memory, node.likelyUse.memory + likelyUse.memory);
      return Math.floor((cpu + memory) / 2);
    };
  },
};

/** 0..100; 0 where nothing is offered. */
function partLeft(offered: number, used: number): number {
  return used >= offered ? 0 : Math.floor(((offered - used) * 100) / offered);
}

/**
 * Best is the node whose cpu and memory would be requested to the same degree, so that neither runs out while the other
 * lies idle (NodeResourcesBalancedAllocation). A pod that asks for neither changes no balance.
 */
export const balancedAllocation: Score = {
  kind: 'score',
  name: 'NodeResourcesBalancedAllocation',
  scale: 'points',
  rate({ requests }) {
    const cpu = requests.get('cpu') ?? 0;
    const memory = requests.get('memory') ?? 0;
    if (cpu === 0 && memory === 0) return undefined;
    return (node) => {
      const { offers, share } = node;
      if (offers.cpu === 0 || offers.memory === 0) return 100;
      const distance = part(offers.cpu, share.cpu + cpu) - part(offers.memory, share.memory + memory);
      // The standard deviation of two numbers is half their distance.
      return Math.floor((1 - Math.abs(distance) / 2) * 100);
    };
  },
};

/** How much of what is offered is asked for, at most all of it. */
function part(offered: number, asked: number): number {
  return Math.min(asked / offered, 1);
}
