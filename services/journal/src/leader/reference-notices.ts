import type { Bus } from '@shiplog/bus';
import type { AppliedEvent, ReadonlyCluster } from '@shiplog/cluster';
import { ReferenceChanged } from '@shiplog/contracts';
import { referencesOf } from '@shiplog/admission';

/**
 * Tells the nodes whose pods name a Secret or ConfigMap that it has changed. They hear no events of these kinds: each
 * asks for what its own pods name. A notice that is lost is made good by the kubelet's own asking at intervals.
 */
export function tellReferringNodes(bus: Bus, state: ReadonlyCluster, { event }: AppliedEvent): void {
  const { resource, namespace, name, position } = event;
  if (resource !== 'secrets' && resource !== 'configmaps') return;
  const reference = `${resource}/${name}`;
  const nodes = new Set<string>();
  for (const pod of state.list('pods', namespace)) {
    const node = pod.spec?.nodeName;
    if (node !== undefined && node !== '' && !nodes.has(node) && referencesOf(pod).has(reference)) nodes.add(node);
  }
  for (const node of nodes) bus.tell(ReferenceChanged, { resource, namespace, name, position }, { node });
}
