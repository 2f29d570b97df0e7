import { cidrContains, parseCidr, parseIp } from '@shiplog/apimachinery';
import { VXLAN_OVERHEAD, WIREGUARD_OVERHEAD } from './names';
import { networkOf, type ObservedRoute } from './observed';
import type { Backend, Peer } from './peers';
import type { Underlay } from './underlay';

/** Bytes that each way between nodes adds to a pod's packet, where nodes have addresses of IPv4. */
const OVERHEAD: Readonly<Record<Backend, number>> = {
  vxlan: VXLAN_OVERHEAD,
  'host-gw': 0,
  wireguard: WIREGUARD_OVERHEAD,
};

/** The least that a link must carry (RFC 791: every host takes packets of 576 bytes). */
const LEAST_MTU = 576;

/** The least that a link of IPv6 must carry (RFC 8200, 5). */
export const LEAST_MTU_V6 = 1280;

/** What pods may send at once: what the way to the other nodes carries, without what is added on it. */
export function podMtu(backend: Backend, underlay: Underlay, options: { isDualStack?: boolean } = {}): number {
  return Math.max(options.isDualStack === true ? LEAST_MTU_V6 : LEAST_MTU, underlay.mtu - OVERHEAD[backend]);
}

/**
 * The underlay with what it carries to all peers: the interface's own MTU, or less where a route to one of them says so.
 * Pods that send more would have their packets cut in pieces, or lost where the answer that says so is.
 */
export function withPathMtu(underlay: Underlay, routes: readonly ObservedRoute[], peers: readonly Peer[]): Underlay {
  const over = routes.filter(({ dev }) => dev === underlay.device);
  const mtus = peers.map(({ address }) => routeTo(address, over)?.metrics?.find(({ mtu }) => mtu !== undefined)?.mtu);
  return { ...underlay, mtu: Math.min(underlay.mtu, ...mtus.filter((mtu) => mtu !== undefined)) };
}

/** The one with the longest prefix. */
function routeTo(address: string, routes: readonly ObservedRoute[]): ObservedRoute | undefined {
  const ip = parseIp(address);
  if (ip === undefined) return undefined;
  const found = routes.flatMap((route) => {
    const cidr = parseCidr(networkOf(route));
    return cidr !== undefined && cidrContains(cidr, ip) ? [{ route, prefix: cidr.prefix }] : [];
  });
  return found.sort((a, b) => b.prefix - a.prefix)[0]?.route;
}
