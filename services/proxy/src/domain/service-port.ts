import { cidrOf, integerOf, type IpFamily, ipOf, oneOf, portOf } from '@shiplog/apimachinery';

/** The families, the one that clusters have first. */
export const FAMILIES = ['IPv4', 'IPv6'] as const satisfies readonly IpFamily[];

const PROTOCOLS = ['tcp', 'udp', 'sctp'] as const;
export type Protocol = (typeof PROTOCOLS)[number];
/** Kubernetes' bound of sessionAffinityConfig.clientIP.timeoutSeconds. */
const MAX_AFFINITY_SECONDS = 86_400;

/** Where a connection can end. */
export interface Backend {
  readonly ip: string;
  readonly port: number;
}

/** What becomes of a new connection to a service port. */
export type Route =
  /** It goes to one of these, at least one. */
  | { kind: 'spread'; backends: readonly Backend[] }
  /** The service has no endpoints at all: refused at once. */
  | { kind: 'refuse' }
  /** A `Local` policy, and no endpoint on this node: dropped in silence, as Kubernetes does. */
  | { kind: 'drop' };

/** One port of a service in one family, as a node sees it: all that a proxy of any kind has to know. */
export interface ServicePort {
  /** `namespace/name:port name`, unique in the cluster among those of its family. */
  readonly key: string;
  /** That of all its addresses, which are in canonical form: whoever claims one writes it alike. */
  readonly family: IpFamily;
  readonly protocol: Protocol;
  readonly clusterIP: string;
  readonly port: number;
  readonly nodePort: number | undefined;
  /** Addresses outside the cluster's own ranges that lead here: the service's external IPs, and its load balancer's. */
  readonly externalIPs: readonly string[];
  /** Addresses that only clients of some networks may use (loadBalancerSourceRanges); no network lies in another. */
  readonly restricted: { readonly addresses: readonly string[]; readonly sources: readonly string[] } | undefined;
  /** How long a client stays with its endpoint after its last connection; undefined: no affinity. */
  readonly affinitySeconds: number | undefined;
  /** For the cluster IP (internalTrafficPolicy). */
  readonly internal: Route;
  /** For node port and external IPs, asked for from inside the cluster: all endpoints. */
  readonly external: Route;
  /** For node port and external IPs, asked for from outside, where externalTrafficPolicy makes that differ. */
  readonly outside: Route | undefined;
  /** Addresses of backends that may be of pods on this node, which meet themselves through the service. */
  readonly own: readonly string[];
}

/**
 * The same port, every value of which is the number or address that it will be in a rule, a command or a socket. The last
 * look before they become that, whatever let them in. Throws UnsoundValue.
 */
export function checkedPort(port: ServicePort): ServicePort {
  const { family } = port;
  const addressOf = (value: unknown): string => ipOf(value, family);
  oneOf(family, FAMILIES);
  oneOf(port.protocol, PROTOCOLS);
  addressOf(port.clusterIP);
  portOf(port.port);
  if (port.nodePort !== undefined) portOf(port.nodePort);
  if (port.affinitySeconds !== undefined) integerOf(port.affinitySeconds, 1, MAX_AFFINITY_SECONDS);
  port.externalIPs.forEach(addressOf);
  port.own.forEach(addressOf);
  port.restricted?.addresses.forEach(addressOf);
  port.restricted?.sources.forEach((source) => cidrOf(source, family));
  for (const route of [port.internal, port.external, port.outside]) {
    if (route?.kind !== 'spread') continue;
    for (const backend of route.backends) {
      addressOf(backend.ip);
      portOf(backend.port);
    }
  }
  return port;
}
