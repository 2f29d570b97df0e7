import type { Filter, Refusal } from '../rule';

const REFUSAL: Refusal = ["node(s) didn't have free ports for the requested pod ports"];

/** The host ports that the pod wants must be free on the node. */
export const nodePorts: Filter = {
  kind: 'filter',
  name: 'NodePorts',
  isMonotone: true,
  queueingHints: ['CapacityFreed'],
  check({ hostPorts }) {
    if (hostPorts.length === 0) return undefined;
    return (node) => (hostPorts.some((port) => node.hostPorts.conflicts(port)) ? REFUSAL : undefined);
  },
};
