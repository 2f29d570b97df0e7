import type { EndpointSlice, Service } from '@shiplog/contracts';
import { parseIp } from '@shiplog/apimachinery';
import type { Backend, Protocol, Route, ServicePort } from './service-port';

/** Kubernetes' default of sessionAffinityConfig.clientIP.timeoutSeconds: three hours. */
const DEFAULT_AFFINITY_SECONDS = 10_800;
/** Services with this label are another proxy's. */
const OTHER_PROXY_LABEL = 'service.kubernetes.io/service-proxy-name';
const HEADLESS_LABEL = 'service.kubernetes.io/headless';

type Condition = 'ready' | 'draining' | 'out';

interface Candidate extends Backend {
  readonly node: string | undefined;
  readonly condition: Condition;
}

/** What a node's proxy makes of one service, from the service and the slices that name it. */
export function planServicePorts(service: Service, slices: readonly EndpointSlice[], node: string): ServicePort[] {
  const spec = service.spec;
  if (spec === undefined || !isProxied(service)) return [];
  return (spec.ports ?? []).map((port) => {
    const candidates = candidatesOf(slices, port.name ?? '');
    const everywhere = route(candidates);
    const here = localRoute(candidates, everywhere, node);
    return {
      key: `${service.metadata.namespace ?? ''}/${service.metadata.name ?? ''}:${port.name ?? ''}`,
      protocol: (port.protocol ?? 'TCP').toLowerCase() as Protocol,
      clusterIP: spec.clusterIP ?? '',
      port: port.port,
      nodePort: hasNodePort(spec.type) && (port.nodePort ?? 0) > 0 ? port.nodePort : undefined,
      externalIPs: (spec.externalIPs ?? []).filter(isIpv4),
      affinitySeconds:
        spec.sessionAffinity === 'ClientIP'
          ? (spec.sessionAffinityConfig?.clientIP?.timeoutSeconds ?? DEFAULT_AFFINITY_SECONDS)
          : undefined,
      internal: spec.internalTrafficPolicy === 'Local' ? here : everywhere,
      external: everywhere,
      outside: spec.externalTrafficPolicy === 'Local' && everywhere.kind === 'spread' ? here : undefined,
      own: [...new Set(candidates.filter(({ node: its }) => its === undefined || its === node).map(({ ip }) => ip))],
    };
  });
}

/** A service with a cluster IP of its own that no other proxy claims; IPv6 services are not served. */
function isProxied(service: Service): boolean {
  const labels = service.metadata.labels ?? {};
  return (
    service.spec?.type !== 'ExternalName' &&
    isIpv4(service.spec?.clusterIP ?? '') &&
    !(OTHER_PROXY_LABEL in labels) &&
    !(HEADLESS_LABEL in labels)
  );
}

function hasNodePort(type: string | undefined): boolean {
  return type === 'NodePort' || type === 'LoadBalancer';
}

function isIpv4(address: string): boolean {
  return parseIp(address) !== undefined;
}

/** Every endpoint of the named port once, in an order that doesn't depend on the slices'. */
function candidatesOf(slices: readonly EndpointSlice[], portName: string): Candidate[] {
  const found = new Map<string, Candidate>();
  for (const slice of slices) {
    if (slice.addressType !== 'IPv4') continue;
    const port = (slice.ports ?? []).find(({ name }) => (name ?? '') === portName)?.port;
    if (port === undefined || port === null) continue;
    for (const endpoint of slice.endpoints ?? []) {
      const ip = endpoint.addresses[0];
      if (ip === undefined || !isIpv4(ip)) continue;
      const candidate = { ip, port, node: endpoint.nodeName, condition: conditionOf(endpoint.conditions) };
      const other = found.get(`${ip}:${port}`);
      if (other === undefined || rank(candidate.condition) < rank(other.condition))
        found.set(`${ip}:${port}`, candidate);
    }
  }
  return [...found.values()].sort((a, b) => compare(a.ip, b.ip) || a.port - b.port);
}

/** An absent condition means ready, and serving follows ready (EndpointConditions of discovery/v1). */
function conditionOf(conditions: { ready?: boolean; serving?: boolean; terminating?: boolean } = {}): Condition {
  const ready = conditions.ready ?? true;
  if (ready) return 'ready';
  return conditions.terminating === true && (conditions.serving ?? ready) ? 'draining' : 'out';
}

function rank(condition: Condition): number {
  return { ready: 0, draining: 1, out: 2 }[condition];
}

/** The ready endpoints; when there are none, those that end but still serve. */
function usable(candidates: readonly Candidate[]): Candidate[] {
  const ready = candidates.filter(({ condition }) => condition === 'ready');
  return ready.length > 0 ? ready : candidates.filter(({ condition }) => condition === 'draining');
}

function route(candidates: readonly Candidate[]): Route {
  const backends = usable(candidates).map(({ ip, port }) => ({ ip, port }));
  return backends.length > 0 ? { kind: 'spread', backends } : { kind: 'refuse' };
}

/** A `Local` policy: only this node's endpoints. Without any endpoint anywhere it is refused, not dropped. */
function localRoute(candidates: readonly Candidate[], everywhere: Route, node: string): Route {
  const here = route(candidates.filter((candidate) => candidate.node === node));
  if (here.kind === 'spread') return here;
  return everywhere.kind === 'spread' ? { kind: 'drop' } : here;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
