import type { EndpointSlice, Service } from '@shiplog/contracts';
import { formatNetwork, type IpFamily, networkWithin, parseNetwork, type Network } from '@shiplog/apimachinery';
import { candidatesOf, servableAddress, type Candidate } from './endpoint-candidates';
import { clusterRoute, localRoute } from './routes';
import { FAMILIES, type Protocol, type ServicePort } from './service-port';

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

/**
 * What a node's proxy makes of one service, from the service and the slices that name it: for each family of which it has a
 * cluster IP all its ports. A service of one family has no node port, and no other address, of the other.
 */
export function planServicePorts(service: Service, slices: readonly EndpointSlice[], node: NodeView): ServicePort[] {
  if (!isProxied(service)) return [];
  const { clusterIP, clusterIPs = [] } = service.spec ?? {};
  const addresses = clusterIPs.length > 0 ? clusterIPs : [clusterIP ?? ''];
  return FAMILIES.flatMap((family) => {
    const [own] = addresses.flatMap((address) => servableAddress(address, family) ?? []);
    return own === undefined ? [] : portsOfFamily(service, slices, node, { family, clusterIP: own });
  });
}

function portsOfFamily(
  service: Service,
  slices: readonly EndpointSlice[],
  node: NodeView,
  { family, clusterIP }: Pick<ServicePort, 'family' | 'clusterIP'>,
): ServicePort[] {
  const { spec = {} } = service;
  const balanced = balancedAddresses(service, family);
  const external = (spec.externalIPs ?? []).flatMap((ip) => servableAddress(ip, family) ?? []);
  const externalIPs = [...new Set([...external, ...balanced])];
  const restricted = restriction(spec, balanced, family);
  return (spec.ports ?? []).map((port) => {
    const candidates = candidatesOf(slices, port.name ?? '', family);
    const everywhere = clusterRoute(candidates, node.zone);
    const here = node.isNoNode === true ? everywhere : localRoute(candidates, node.name);
    return {
      key: `${service.metadata.namespace ?? ''}/${service.metadata.name ?? ''}:${port.name ?? ''}`,
      family,
      protocol: (port.protocol ?? 'TCP').toLowerCase() as Protocol,
      clusterIP,
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

/** A service that may have a cluster IP of its own, and that no other proxy claims. */
function isProxied({ spec, metadata: { labels = {} } }: Service): boolean {
  return spec?.type !== 'ExternalName' && !(OTHER_PROXY_LABEL in labels) && !(HEADLESS_LABEL in labels);
}

/** In front of the nodes, only who comes as this machine is sure to be answered through it. */
function keepsClients({ externalTrafficPolicy }: NonNullable<Service['spec']>, { isNoNode }: NodeView): boolean {
  return externalTrafficPolicy === 'Local' && isNoNode !== true;
}

function hasNodePort(type: string | undefined): boolean {
  return type === 'NodePort' || type === 'LoadBalancer';
}

/** Addresses of a load balancer whose packets keep them as their destination, so that the node has to know them. */
function balancedAddresses({ spec, status }: Service, family: IpFamily): string[] {
  if (spec?.type !== 'LoadBalancer') return [];
  return (status?.loadBalancer?.ingress ?? []).flatMap(({ ip, ipMode = 'VIP' }) =>
    ipMode === 'VIP' ? (servableAddress(ip, family) ?? []) : [],
  );
}

/** Whose networks may use a load balancer's addresses; undefined when all may. Where only networks of the other family may, nobody does. */
function restriction(
  spec: NonNullable<Service['spec']>,
  addresses: readonly string[],
  family: IpFamily,
): ServicePort['restricted'] {
  const ranges = spec.loadBalancerSourceRanges ?? [];
  if (ranges.length === 0 || addresses.length === 0) return undefined;
  const networks = ranges.flatMap((range) => parseNetwork(range.trim()) ?? []);
  const ofFamily = networks.filter((network) => network.family === (family === 'IPv4' ? 4 : 6));
  return { addresses, sources: outermost(ofFamily).map(formatNetwork) };
}

/** Networks without those that lie in another of them: the kernel refuses such in one set. */
function outermost(networks: readonly Network[]): Network[] {
  const kept: Network[] = [];
  const byStart = (a: Network, b: Network): number =>
    a.base < b.base ? -1 : a.base > b.base ? 1 : a.prefix - b.prefix;
  for (const network of [...networks].sort(byStart)) {
    const last = kept.at(-1);
    if (last === undefined || !networkWithin(network, last)) kept.push(network);
  }
  return kept;
}

/** Pods that may meet themselves here: those of this node, and who is told of no node. */
function ownOf(candidates: readonly Candidate[], { name }: NodeView): string[] {
  return [...new Set(candidates.filter(({ node }) => node === undefined || node === name).map(({ ip }) => ip))];
}
