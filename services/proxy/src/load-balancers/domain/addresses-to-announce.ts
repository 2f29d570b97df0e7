import { createHash } from 'node:crypto';
import type { IpFamily } from '@shiplog/apimachinery';
import type { EndpointSlice, Service } from '@shiplog/contracts';
import { servableAddress } from '../../domain/endpoint-candidates';
import { FAMILIES } from '../../domain/service-port';

/**
 * The addresses of a load balancer for which this node answers on its link (ARP; of IPv6 neighbour discovery): one node
 * does, of those that have a ready endpoint of the Service in the address' family, so that `externalTrafficPolicy: Local`
 * needs no further word, and a node that is gone is left by itself: its endpoints are not ready. Every node comes to the same one without asking (rendezvous hashing, by address and
 * node): when a node goes, only what it answered for moves. Addresses that a Service of another class has are another's to
 * announce, as those that are said to be a proxy's (KEP-1860).
 */
export function addressesToAnnounce(
  { spec, status }: Service,
  slices: readonly EndpointSlice[],
  node: string,
): readonly string[] {
  if (spec?.type !== 'LoadBalancer' || spec.loadBalancerClass !== undefined) return [];
  const ingress = (status?.loadBalancer?.ingress ?? []).filter(({ ipMode }) => ipMode !== 'Proxy');
  return FAMILIES.flatMap((family) => {
    const nodes = nodesOf(slices, family);
    const addresses = ingress.flatMap(({ ip }) => servableAddress(ip, family) ?? []);
    return addresses.filter((ip) => chosenFor(ip, nodes) === node);
  });
}

function nodesOf(slices: readonly EndpointSlice[], family: IpFamily): ReadonlySet<string> {
  const ready = slices
    .filter(({ addressType }) => addressType === family)
    .flatMap(({ endpoints }) => endpoints ?? [])
    .filter(({ conditions }) => conditions?.ready ?? true)
    .flatMap(({ nodeName }) => nodeName ?? []);
  return new Set(ready);
}

function chosenFor(address: string, nodes: ReadonlySet<string>): string | undefined {
  const weighed = [...nodes].map((node) => ({ node, weight: weightOf(address, node) }));
  return weighed.sort((a, b) => (a.weight < b.weight ? -1 : 1))[0]?.node;
}

function weightOf(address: string, node: string): string {
  return createHash('sha256').update(`${address} ${node}`).digest('hex');
}
