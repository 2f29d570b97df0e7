import { isHollow } from '@shiplog/kube';
import type { Controller } from '../../runtime/domain/controller';
import { decidePodCidrs, type PodRange } from './decide';

/** One key for all nodes: two nodes can't be given the same network by attempts that don't see each other. */
const ALL_NODES = 'nodes';

/** Gives each node its part of the cluster's pod network of each family. */
export function podCidrController(ranges: readonly PodRange[]): Controller {
  return {
    name: 'pod-cidrs',
    watches: {
      nodes: ({ before, after }) => {
        const node = after ?? before;
        // All nodes are looked at each time: thousands that need no network must not have that done.
        if (node === undefined || isHollow(node)) return [];
        return before !== undefined && before.spec?.podCIDR === after?.spec?.podCIDR ? [] : [ALL_NODES];
      },
    },
    allKeys: () => [ALL_NODES],
    reconcile: (_key, { state }) => decidePodCidrs({ nodes: state.list('nodes'), ranges }),
  };
}
