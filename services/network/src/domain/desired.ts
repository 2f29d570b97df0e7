import { formatIp, parseCidr } from '@shiplog/apimachinery';
import { podMtu } from './mtu';
import { macOfIp, VXLAN, vtepMac, wireguardLink, WIREGUARD_PORT } from './names';
import { isOnLink, type Underlay } from './underlay';
import type { Backend, Peer, Unreachable } from './peers';
import type { WantedWireguard } from './wireguard';

/** A route that should be there; `via` is a neighbour on `device`, which without one finds the way by itself. */
export interface WantedRoute {
  readonly to: string;
  readonly via?: string;
  readonly device: string;
  readonly onlink: boolean;
}

export interface WantedBridge {
  readonly address: string;
  readonly mac: string;
  readonly mtu: number;
}

export interface WantedTunnel {
  readonly device: string;
  readonly local: string;
  readonly mac: string;
  readonly mtu: number;
  /** The node's own tunnel address: the first of its pod network, which no pod has. */
  readonly address: string;
}

/** What the kernel should hold. */
export interface Desired {
  readonly bridge?: WantedBridge;
  readonly tunnel?: WantedTunnel;
  readonly wireguard?: WantedWireguard;
  readonly routes: readonly WantedRoute[];
  readonly neighbours: readonly { readonly ip: string; readonly mac: string }[];
  readonly fdb: readonly { readonly mac: string; readonly ip: string }[];
  /** Nodes whose pods can't be reached, with the reason. */
  readonly unreachable: readonly Unreachable[];
}

export interface NodeInput {
  readonly node: string;
  readonly podCidr: string;
  /** All pods' addresses. */
  readonly clusterCidr: string;
  readonly backend: Backend;
  /** What pods may send at once; 0: what the underlay carries, without what the backend adds. */
  readonly mtu?: number;
  readonly underlay: Underlay;
  readonly peers: readonly Peer[];
}

/** The pods' network of one node: its bridge, and a way to the pods of every other node. */
export function planNode(input: NodeInput): Desired {
  const cidr = parseCidr(input.podCidr);
  if (cidr === undefined) throw new Error(`${input.podCidr} is no network`);
  const gateway = formatIp(cidr.base + 1);
  const mtu = input.mtu || podMtu(input.backend, input.underlay);
  const bridge = { address: `${gateway}/${cidr.prefix}`, mac: macOfIp(gateway), mtu };
  if (input.backend === 'host-gw') return { bridge, ...plainRoutes(input.underlay, input.peers) };
  if (input.backend === 'wireguard') return { bridge, ...encrypted(input, formatIp(cidr.base), mtu) };
  const tunnel = {
    device: input.underlay.device,
    local: input.underlay.address,
    mac: vtepMac(input.node),
    mtu,
    address: `${formatIp(cidr.base)}/32`,
  };
  return { bridge, tunnel, ...tunnelled(input.peers) };
}

/**
 * The machine around the nodes: it has no pods, only ways to theirs. Through one of them it reaches services, and pods
 * of nodes that are not on its link: that node's tunnels lead there.
 */
export function planHost(underlay: Underlay, peers: readonly Peer[], serviceCidr: string): Desired {
  const plain = plainRoutes(underlay, peers);
  const first = plain.routes[0];
  if (first === undefined) return plain;
  const far = peers.filter((peer) => !isOnLink(underlay, peer.address)).map((peer) => ({ ...first, to: peer.podCidr }));
  return { ...plain, routes: [...plain.routes, ...far, { ...first, to: serviceCidr }], unreachable: [] };
}

type Ways = Pick<Desired, 'routes' | 'neighbours' | 'fdb' | 'unreachable'>;

function plainRoutes(underlay: Underlay, peers: readonly Peer[]): Ways {
  const near = peers.filter((peer) => isOnLink(underlay, peer.address));
  const far = peers.filter((peer) => !near.includes(peer));
  return {
    routes: near.map((peer) => ({ to: peer.podCidr, via: peer.address, device: underlay.device, onlink: false })),
    neighbours: [],
    fdb: [],
    unreachable: far.map((peer) => ({
      node: peer.name,
      reason: `${peer.address} is not on the link of ${underlay.device}`,
    })),
  };
}

/** As Flannel: a peer's first pod address stands for its tunnel end, with that end's MAC, behind the peer's address. */
function tunnelled(peers: readonly Peer[]): Ways {
  const known = peers.flatMap((peer) => {
    const base = parseCidr(peer.podCidr)?.base;
    return peer.vtep === undefined || base === undefined ? [] : [{ ...peer, end: formatIp(base), mac: peer.vtep }];
  });
  const unknown = peers.filter((peer) => peer.vtep === undefined);
  return {
    routes: known.map((peer) => ({ to: peer.podCidr, via: peer.end, device: VXLAN, onlink: true })),
    neighbours: known.map((peer) => ({ ip: peer.end, mac: peer.mac })),
    fdb: known.map((peer) => ({ mac: peer.mac, ip: peer.address })),
    unreachable: unknown.map((peer) => ({ node: peer.name, reason: 'it has not said where its tunnel ends' })),
  };
}

/**
 * All pods' addresses lead into the tunnel, whether or not their node's key is known: what has no key is dropped there, and
 * never takes a way around it.
 */
function encrypted(
  { node, clusterCidr, peers }: NodeInput,
  address: string,
  mtu: number,
): Ways & Pick<Desired, 'wireguard'> {
  const name = wireguardLink(node);
  const known = peers.flatMap(({ publicKey, address: ip, podCidr }) =>
    publicKey === undefined ? [] : [{ publicKey, endpoint: `${ip}:${WIREGUARD_PORT}`, allowed: podCidr }],
  );
  const unknown = peers.filter((peer) => peer.publicKey === undefined);
  return {
    wireguard: { name, mtu, port: WIREGUARD_PORT, address: `${address}/32`, peers: known },
    routes: [{ to: clusterCidr, device: name, onlink: false }],
    neighbours: [],
    fdb: [],
    unreachable: unknown.map((peer) => ({ node: peer.name, reason: 'it has not said its public key' })),
  };
}
