import { formatIp, parseCidr } from '@shiplog/apimachinery';
import type { Desired } from './desired';
import { linkLocalOf, VXLAN, wireguardLink, WIREGUARD_PORT } from './names';
import type { Peer } from './peers';
import { isOnLink, isOnLinkV6, type Underlay } from './underlay';

type Ways = Pick<Desired, 'routes' | 'neighbours' | 'fdb' | 'unreachable'>;

/** To pods of nodes on the same link, through their nodes' own addresses of the family. */
export function plainRoutes(underlay: Underlay, peers: readonly Peer[]): Ways {
  const { device } = underlay;
  const near = peers.filter((peer) => isOnLink(underlay, peer.address));
  const far = peers.filter((peer) => !near.includes(peer));
  const nearV6 = near.flatMap(({ podCidrV6, addressV6 }) =>
    podCidrV6 === undefined || addressV6 === undefined || !isOnLinkV6(underlay, addressV6)
      ? []
      : [{ to: podCidrV6, via: addressV6 }],
  );
  const isReached = new Set(nearV6.map(({ to }) => to));
  const farV6 = near.filter(({ podCidrV6 }) => podCidrV6 !== undefined && !isReached.has(podCidrV6));
  const routes = [...near.map((peer) => ({ to: peer.podCidr, via: peer.address })), ...nearV6];
  return {
    routes: routes.map((route) => ({ ...route, device, onlink: false })),
    neighbours: [],
    fdb: [],
    unreachable: [
      ...far.map(({ name, address }) => ({ node: name, reason: `${address} is not on the link of ${device}` })),
      ...farV6.map(({ name, addressV6 }) => ({
        node: name,
        reason: addressV6 === undefined ? 'it has no IPv6 address' : `${addressV6} is not on the link of ${device}`,
      })),
    ],
  };
}

/**
 * As Flannel: a peer's first pod address stands for its tunnel end, with that end's MAC, behind the peer's address. What is of
 * IPv6 goes through the same tunnel, over the peer's address of IPv4, to the end's address on its link: no route to anywhere
 * else can lead to that.
 */
export function tunnelled(peers: readonly Peer[]): Ways {
  const known = peers.flatMap((peer) => {
    const base = parseCidr(peer.podCidr)?.base;
    return peer.vtep === undefined || base === undefined ? [] : [{ ...peer, end: formatIp(base), mac: peer.vtep }];
  });
  const knownV6 = known.flatMap(({ podCidrV6, mac }) =>
    podCidrV6 === undefined ? [] : [{ podCidr: podCidrV6, end: linkLocalOf(mac), mac }],
  );
  const unknown = peers.filter((peer) => peer.vtep === undefined);
  const ends = [...known, ...knownV6];
  return {
    routes: ends.map(({ podCidr, end }) => ({ to: podCidr, via: end, device: VXLAN, onlink: true })),
    neighbours: ends.map(({ end, mac }) => ({ ip: end, mac })),
    fdb: known.map((peer) => ({ mac: peer.mac, ip: peer.address })),
    unreachable: unknown.map((peer) => ({ node: peer.name, reason: 'it has not said where its tunnel ends' })),
  };
}

/** What this node's end of the encrypted tunnels is made of. */
interface EncryptedInput {
  readonly node: string;
  /** All pods' addresses, of each family. */
  readonly clusterCidrs: readonly string[];
  readonly peers: readonly Peer[];
  readonly mtu: number;
  readonly address: string;
  readonly addressV6?: string;
}

/**
 * All pods' addresses lead into the tunnel, whether or not their node's key is known: what has no key is dropped there, and
 * never takes a way around it.
 */
export function encrypted({ node, clusterCidrs, peers, ...own }: EncryptedInput): Ways & Pick<Desired, 'wireguard'> {
  const name = wireguardLink(node);
  const known = peers.flatMap(({ publicKey, address, podCidr, podCidrV6 }) => {
    const allowed = [podCidr, ...(podCidrV6 === undefined ? [] : [podCidrV6])].join();
    return publicKey === undefined ? [] : [{ publicKey, endpoint: `${address}:${WIREGUARD_PORT}`, allowed }];
  });
  const unknown = peers.filter((peer) => peer.publicKey === undefined);
  return {
    wireguard: { name, port: WIREGUARD_PORT, ...own, peers: known },
    routes: clusterCidrs.map((to) => ({ to, device: name, onlink: false })),
    neighbours: [],
    fdb: [],
    unreachable: unknown.map((peer) => ({ node: peer.name, reason: 'it has not said its public key' })),
  };
}
