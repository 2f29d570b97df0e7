import type { EndpointSlice, Service } from '@shiplog/contracts';
import { cidrWithin, formatCidr, parseCidr, type Cidr } from '@shiplog/apimachinery';
import { candidatesOf, isServable, type Candidate } from './endpoint-candidates';
import { clusterRoute, localRoute } from './routes';
import type { Protocol, ServicePort } from './service-port';

/** Kubernetes' default of sessionAffinityConfig.clientIP.timeoutSeconds: three hours. */
const DEFAULT_AFFINITY_SECONDS = 10_800;
/** Services with this label are another proxy's. */
const OTHER_PROXY_LABEL = 'service.kubernetes.io/service-proxy-name';
const HEADLESS_LABEL = 'service.kubernetes.io/headless';

/** The node that services are planned for. */
export interface NodeView {
  readonly name: string;
  /** Its label topology.kubernetes.io/zone. */
  readonly zone?: string;
  /** A machine in front of the nodes, which has no endpoints of its own: policies of nodes say nothing of it. */
  readonly isNoNode?: boolean;
}

/** What a node's proxy makes of one service, from the service and the slices that name it. */
export function planServicePorts(service: Service, slices: readonly EndpointSlice[], node: NodeView): ServicePort[] {
  const spec = service.spec;
  if (spec === undefined || !isProxied(service)) return [];
  const balanced = balancedAddresses(service);
  const externalIPs = [...new Set([...(spec.externalIPs ?? []).filter(isServable), ...balanced])];
  const restricted = restriction(spec, balanced);
  return (spec.ports ?? []).map((port) => {
    const candidates = candidatesOf(slices, port.name ?? '');
    const everywhere = clusterRoute(candidates, node.zone);
    const here = node.isNoNode === true ? everywhere : localRoute(candidates, node.name);
    return {
      key: `${service.metadata.namespace ?? ''}/${service.metadata.name ?? ''}:${port.name ?? ''}`,
      protocol: (port.protocol ?? 'TCP').toLowerCase() as Protocol,
      clusterIP: spec.clusterIP ?? '',
      port: port.port,
      nodePort: hasNodePort(spec.type) && (port.nodePort ?? 0) > 0 ? port.nodePort : undefined,
      externalIPs,
      restricted,
      affinitySeconds:
        spec.sessionAffinity === 'ClientIP'
          ? (spec.sessionAffinityConfig?.clientIP?.timeoutSeconds ?? DEFAULT_AFFINITY_SECONDS)
          : undefined,
      internal: spec.internalTrafficPolicy === 'Local' ? here : everywhere,
      external: everywhere,
      outside: keepsClients(spec, node) && everywhere.kind === 'spread' ? here : undefined,
      own: ownOf(candidates, node),
    };
  });
}

/** A service with a cluster IP of its own that no other proxy claims; IPv6 services are not served. */
function isProxied(service: Service): boolean {
  const labels = service.metadata.labels ?? {};
  return (
    service.spec?.type !== 'ExternalName' &&
    isServable(service.spec?.clusterIP ?? '') &&
    !(OTHER_PROXY_LABEL in labels) &&
    !(HEADLESS_LABEL in labels)
  );
}

/** In front of the nodes, only who comes as this machine is sure to be answered through it. */
function keepsClients({ externalTrafficPolicy }: NonNullable<Service['spec']>, { isNoNode }: NodeView): boolean {
  return externalTrafficPolicy === 'Local' && isNoNode !== true;
}

function hasNodePort(type: string | undefined): boolean {
  return type === 'NodePort' || type === 'LoadBalancer';
}

/** Addresses of a load balancer whose packets keep them as their destination, so that the node has to know them. */
function balancedAddresses({ spec, status }: Service): string[] {
  if (spec?.type !== 'LoadBalancer') return [];
  return (status?.loadBalancer?.ingress ?? []).flatMap(({ ip, ipMode = 'VIP' }) =>
    ip !== undefined && ipMode === 'VIP' && isServable(ip) ? [ip] : [],
  );
}

/** Whose networks may use a load balancer's addresses; undefined when all may. */
function restriction(spec: NonNullable<Service['spec']>, addresses: readonly string[]): ServicePort['restricted'] {
  const ranges = spec.loadBalancerSourceRanges ?? [];
  if (ranges.length === 0 || addresses.length === 0) return undefined;
  const sources = outermost(ranges.flatMap((range) => parseCidr(range.trim()) ?? []));
  return { addresses, sources: sources.map(formatCidr) };
}

/** Networks without those that lie in another of them: the kernel refuses such in one set. */
function outermost(networks: readonly Cidr[]): Cidr[] {
  const kept: Cidr[] = [];
  for (const network of [...networks].sort((a, b) => a.base - b.base || a.prefix - b.prefix)) {
    const last = kept.at(-1);
    if (last === undefined || !cidrWithin(network, last)) kept.push(network);
  }
  return kept;
}

/** Pods that may meet themselves here: those of this node, and who is told of no node. */
function ownOf(candidates: readonly Candidate[], { name }: NodeView): string[] {
  return [...new Set(candidates.filter(({ node }) => node === undefined || node === name).map(({ ip }) => ip))];
}
