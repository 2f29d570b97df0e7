import { formatIp, nthAddress, parseCidr, parseNetwork } from '@shiplog/apimachinery';
import { LEAST_MTU_V6, podMtu } from './mtu';
import { macOfIp, vtepMac } from './names';
import { isOnLink, type Underlay } from './underlay';
import { encrypted, plainRoutes, tunnelled } from './ways';
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
  /** Of IPv6, in a dual-stack cluster. */
  readonly addressV6?: string | undefined;
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
  /** The same of IPv6, in a dual-stack cluster. */
  readonly addressV6?: string | undefined;
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
  /** The same of IPv6, where this node has a part of it. */
  readonly v6?: { readonly podCidr: string; readonly clusterCidr: string } | undefined;
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
  const mtu = mtuOf(input);
  const v6 = ownV6(input);
  const bridge = { address: `${gateway}/${cidr.prefix}`, ...v6?.bridge, mac: macOfIp(gateway), mtu };
  const end = { address: `${formatIp(cidr.base)}/32`, ...v6?.end };
  const { node, backend, underlay, clusterCidr } = input;
  // A node without IPv6 has no ways to that of others.
  const peers = v6 === undefined ? input.peers.map((peer) => ({ ...peer, podCidrV6: undefined })) : input.peers;
  if (backend === 'host-gw') return { bridge, ...plainRoutes(underlay, peers) };
  if (backend === 'wireguard') {
    const clusterCidrs = [clusterCidr, ...(input.v6 === undefined ? [] : [input.v6.clusterCidr])];
    return { bridge, ...encrypted({ node, clusterCidrs, peers, mtu, ...end }) };
  }
  const tunnel = { device: underlay.device, local: underlay.address, mac: vtepMac(node), mtu, ...end };
  return { bridge, tunnel, ...tunnelled(peers) };
}

function mtuOf({ backend, underlay, mtu = 0, v6 }: NodeInput): number {
  const isDualStack = v6 !== undefined;
  const own = mtu === 0 ? podMtu(backend, underlay, { isDualStack }) : mtu;
  return isDualStack ? Math.max(own, LEAST_MTU_V6) : own;
}

/** What the node has of IPv6 on its own interfaces, at the same places of its network as of IPv4. */
function ownV6({ v6 }: NodeInput): { bridge: { addressV6: string }; end: { addressV6: string } } | undefined {
  if (v6 === undefined) return undefined;
  const network = parseNetwork(v6.podCidr);
  const [end, gateway] = network === undefined ? [] : [nthAddress(network, 0n), nthAddress(network, 1n)];
  if (network === undefined || end === undefined || gateway === undefined)
    throw new Error(`${v6.podCidr} is no network`);
  return { bridge: { addressV6: `${gateway}/${network.prefix}` }, end: { addressV6: `${end}/128` } };
}

/**
 * The machine around the nodes: it has no pods, only ways to theirs. Through one of them it reaches services, and pods
 * of nodes that are not on its link: that node's tunnels lead there.
 */
export function planHost(
  underlay: Underlay,
  peers: readonly Peer[],
  serviceCidr: string,
  serviceCidrV6?: string,
): Desired {
  const plain = plainRoutes(underlay, peers);
  const [first] = plain.routes;
  if (first === undefined) return plain;
  const far = peers.filter((peer) => !isOnLink(underlay, peer.address)).map((peer) => ({ ...first, to: peer.podCidr }));
  const routes = [...plain.routes, ...far, { ...first, to: serviceCidr }];
  const firstV6 = plain.routes.find(({ to }) => to.includes(':'));
  if (firstV6 === undefined || serviceCidrV6 === undefined) return { ...plain, routes, unreachable: [] };
  const near = new Set(plain.routes.map(({ to }) => to));
  const farV6 = peers.flatMap(({ podCidrV6 }) =>
    podCidrV6 === undefined || near.has(podCidrV6) ? [] : [{ ...firstV6, to: podCidrV6 }],
  );
  return { ...plain, routes: [...routes, ...farV6, { ...firstV6, to: serviceCidrV6 }], unreachable: [] };
}
