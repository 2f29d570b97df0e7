import type { Candidate } from './endpoint-candidates';
import type { Route } from './service-port';

/** All endpoints, or those meant for clients in the zone; those that end but still serve when there is no other. */
export function clusterRoute(candidates: readonly Candidate[], zone: string | undefined): Route {
  return routeTo(inZone(candidates, zone), candidates);
}

/** A `Local` policy: only this node's endpoints. Without any endpoint anywhere it is refused, not dropped. */
export function localRoute(candidates: readonly Candidate[], node: string): Route {
  const local = candidates.filter((candidate) => candidate.node === node);
  const here = routeTo(readyOf(local), local);
  if (here.kind === 'spread') return here;
  return routeTo(readyOf(candidates), candidates).kind === 'spread' ? { kind: 'drop' } : here;
}

/**
 * Hints count only when every ready endpoint has them and some are for this zone: else some endpoints, or all, would be
 * nobody's, as while a service's slices are half written (kube-proxy's canUseTopology).
 */
function inZone(candidates: readonly Candidate[], zone: string | undefined): Candidate[] {
  const ready = readyOf(candidates);
  if (zone === undefined || ready.some(({ zones }) => zones.length === 0)) return ready;
  const meant = ready.filter(({ zones }) => zones.includes(zone));
  return meant.length > 0 ? meant : ready;
}

function routeTo(ready: readonly Candidate[], all: readonly Candidate[]): Route {
  const usable = ready.length > 0 ? ready : all.filter(({ condition }) => condition === 'draining');
  const backends = usable.map(({ ip, port }) => ({ ip, port }));
  return backends.length > 0 ? { kind: 'spread', backends } : { kind: 'refuse' };
}

function readyOf(candidates: readonly Candidate[]): Candidate[] {
  return candidates.filter(({ condition }) => condition === 'ready');
}
