import type { Bus } from '@shiplog/bus';
import type { AppliedEvent, ClusterState } from '@shiplog/cluster';
import { ReferenceChanged } from '@shiplog/contracts';

/**
 * Tells the nodes whose pods name a Secret or ConfigMap that it has changed. They hear no events of these kinds: each
 * asks for what its own pods name. A notice that is lost is made good by the kubelet's own asking at intervals.
 */
export function tellReferringNodes(bus: Bus, state: ClusterState, { event }: AppliedEvent): void {
  const { resource, namespace, name, position } = event;
  if (resource !== 'secrets' && resource !== 'configmaps') return;
  for (const node of state.nodesNaming(namespace, `${resource}/${name}`)) {
    bus.tell(ReferenceChanged, { resource, namespace, name, position }, { node });
  }
}
