import type { Bus } from '@shiplog/bus';
import type { AppliedEvent, ClusterState } from '@shiplog/cluster';
import { ReferenceChanged, type ObjectOf } from '@shiplog/contracts';

/** What pods name, by way of a claim or by itself. */
const NAMED = new Set(['secrets', 'configmaps', 'persistentvolumeclaims']);

/**
 * Tells the nodes whose pods name a Secret, a ConfigMap or a claim that it has changed, or the volume that a claim is bound to. They
 * hear no events of these kinds: each asks for what its own pods name. A notice that is lost is made good by the kubelet's own
 * asking at intervals.
 */
export function tellReferringNodes(bus: Bus, state: ClusterState, applied: AppliedEvent): void {
  const { resource, namespace, name, position } = applied.event;
  for (const node of nodesNaming(state, applied)) {
    bus.tell(ReferenceChanged, { resource, namespace, name, position }, { node });
  }
}

function nodesNaming(state: ClusterState, { event, before, after }: AppliedEvent): Iterable<string> {
  const { resource, namespace, name } = event;
  if (NAMED.has(resource)) return state.nodesNaming(namespace, `${resource}/${name}`);
  if (resource !== 'persistentvolumes') return [];
  const claims = [before, after].map((volume) => (volume as ObjectOf<'persistentvolumes'> | undefined)?.spec?.claimRef);
  return new Set(
    claims.flatMap((claim) =>
      claim === undefined ? [] : [...state.nodesNaming(claim.namespace ?? '', `persistentvolumeclaims/${claim.name}`)],
    ),
  );
}
