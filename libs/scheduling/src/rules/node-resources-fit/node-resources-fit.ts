import type { NodeFacts } from '../../facts/node-facts';
import type { Filter, Refusal } from '../../rule';

const FULL: Refusal = ['Too many pods'];

/**
 * What the pod asks for (cpu, memory, ephemeral-storage, extended resources) must be left of what the node offers, and
 * the node must take one more pod. Each thing that is short is a reason of its own, as in Kubernetes.
 */
export const nodeResourcesFit: Filter = {
  kind: 'filter',
  name: 'NodeResourcesFit',
  queueingHints: ['NodeAllocatableChanged', 'CapacityFreed'],
  check({ requests }) {
    return (node) => {
      let short: string[] | undefined = isFull(node) ? [...FULL] : undefined;
      for (const [resource, asked] of requests) {
        const left = (node.allocatable.get(resource) ?? 0) - (node.requested.get(resource) ?? 0);
        if (asked > left) (short ??= []).push(`Insufficient ${resource}`);
      }
      return short as Refusal | undefined;
    };
  },
};

function isFull(node: NodeFacts): boolean {
  return node.podCount >= (node.allocatable.get('pods') ?? 0);
}
