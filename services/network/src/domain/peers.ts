import { FLANNEL_ANNOTATIONS as ANNOTATIONS } from '@shiplog/contracts';
import {
  cidrsOverlap,
  cidrWithin,
  formatCidr,
  formatNetwork,
  ipFamilyOf,
  networksOverlap,
  networkSize,
  networkWithin,
  parseCidr,
  parseIp,
  parseNetwork,
  canonicalIp,
  type Cidr,
  type Network,
} from '@shiplog/apimachinery';
import { publicKeyOf, vtepOf } from './flannel';
import type { Node } from './node';

export type Backend = 'vxlan' | 'host-gw' | 'wireguard';

/** Another node, as far as packets to its pods are concerned. */
export interface Peer {
  readonly name: string;
  /** Part of the cluster's network, and of no other node's. */
  readonly podCidr: string;
  /** Of IPv6, in a dual-stack cluster; none: the node has none. */
  readonly podCidrV6?: string | undefined;
  /** Where its packets are sent to: an IPv4 address. */
  readonly address: string;
  /** The node's own address of IPv6, where it has one. */
  readonly addressV6?: string | undefined;
  /** Its end of the tunnel, a MAC address; undefined while it has said none. */
  readonly vtep: string | undefined;
  /** WireGuard's; undefined while it has said none. */
  readonly publicKey: string | undefined;
}

/** Where nodes' pod networks can be. */
export interface PodRange {
  readonly clusterCidr: string;
  /** The shortest prefix that a node's part can have. */
  readonly nodeCidrPrefix: number;
  /** In a dual-stack cluster those of IPv6. */
  readonly v6?: Omit<PodRange, 'v6'>;
}

/** A node that nothing leads to, with the reason. */
export interface Unreachable {
  readonly node: string;
  readonly reason: string;
}

export interface Peers {
  /** The pod network of `self`; undefined while it has none that can be used. */
  readonly own: string | undefined;
  /** Its part of the IPv6 network; undefined where it has none. */
  readonly ownV6?: string | undefined;
  readonly peers: readonly Peer[];
  /** Nodes, maybe `self`, that say of themselves what can't be: each is left out alone. */
  readonly skipped: readonly Unreachable[];
}

/**
 * The nodes besides `self` that have pod addresses and say where they are. Nodes are written by others: what one says of
 * itself must be an address and a part of the cluster's network, and never takes from a node that was there before it.
 */
export function planPeers(nodes: readonly Node[], self: string, range: PodRange): Peers {
  const skipped: Unreachable[] = [];
  const claims = new Claims(range);
  const peers: Peer[] = [];
  let own: string | undefined;
  let ownV6: string | undefined;
  for (const node of [...nodes].sort(byAge)) {
    const name = node.metadata.name ?? '';
    if ((node.spec?.podCIDR ?? '') === '') continue;
    try {
      const podCidr = claims.network(node);
      const podCidrV6 = claims.networkV6(node);
      if (name === self) [own, ownV6] = [podCidr, podCidrV6];
      const vtep = claims.end(node, vtepOf(node), "its tunnel's MAC address");
      const publicKey = claims.end(node, publicKeyOf(node), 'its public key');
      const address = name === self ? undefined : addressOf(node);
      if (address !== undefined) peers.push({ name, podCidr, address, vtep, publicKey, ...v6Of(node, podCidrV6) });
    } catch (error) {
      if (!(error instanceof Implausible)) throw error;
      skipped.push({ node: name, reason: error.message });
    }
  }
  return { own, ownV6, peers: peers.sort((a, b) => (a.name < b.name ? -1 : 1)), skipped };
}

function v6Of(node: Node, podCidrV6: string | undefined): Pick<Peer, 'podCidrV6' | 'addressV6'> {
  return podCidrV6 === undefined ? {} : { podCidrV6, addressV6: internalIpV6(node) };
}

/** What a node says of itself can't be. */
class Implausible extends Error {}

/** What nodes have taken, in the order of their age. */
class Claims {
  readonly #networks: { readonly name: string; readonly cidr: Cidr }[] = [];
  readonly #networksV6: { readonly name: string; readonly network: Network }[] = [];
  readonly #ends = new Map<string, string>();

  constructor(private readonly range: PodRange) {}

  network({ metadata: { name = '' }, spec }: Node): string {
    const text = spec?.podCIDR ?? '';
    const { clusterCidr, nodeCidrPrefix } = this.range;
    const cluster = parseCidr(clusterCidr);
    const cidr = parseCidr(text);
    if (cidr === undefined || cluster === undefined || !cidrWithin(cidr, cluster) || cidr.prefix < nodeCidrPrefix) {
      throw new Implausible(
        `its pod network ${shown(text)} must be a part of ${clusterCidr}, /${nodeCidrPrefix} or smaller`,
      );
    }
    const other = this.#networks.find((claimed) => cidrsOverlap(claimed.cidr, cidr));
    if (other !== undefined) {
      throw new Implausible(
        `its pod network ${formatCidr(cidr)} overlaps ${formatCidr(other.cidr)} of node ${other.name}`,
      );
    }
    this.#networks.push({ name, cidr });
    return formatCidr(cidr);
  }

  /** Undefined in a cluster of IPv4 alone, and of a node that has none. */
  networkV6({ metadata: { name = '' }, spec }: Node): string | undefined {
    const { v6 } = this.range;
    const text = spec?.podCIDRs?.find((part) => part.includes(':'));
    if (v6 === undefined || text === undefined) return undefined;
    const cluster = parseNetwork(v6.clusterCidr);
    const network = parseNetwork(text);
    const isPart = network !== undefined && cluster !== undefined && networkWithin(network, cluster);
    if (!isPart || network.prefix < v6.nodeCidrPrefix) {
      const must = `a part of ${v6.clusterCidr}, /${v6.nodeCidrPrefix} or smaller`;
      throw new Implausible(`its pod network ${shown(text)} must be ${must}`);
    }
    // Each pod's address is the one at the place that its address of IPv4 has.
    if (networkSize(network) < BigInt(parseCidr(spec?.podCIDR ?? '')?.size ?? 0)) {
      throw new Implausible(`its pod network ${shown(text)} must hold as many addresses as ${spec?.podCIDR}`);
    }
    const other = this.#networksV6.find((claimed) => networksOverlap(claimed.network, network));
    if (other !== undefined) {
      throw new Implausible(
        `its pod network ${formatNetwork(network)} overlaps ${formatNetwork(other.network)} of node ${other.name}`,
      );
    }
    this.#networksV6.push({ name, network });
    return formatNetwork(network);
  }

  /** What marks a node's end of a tunnel: two nodes have none in common. */
  end(node: Node, mark: string | undefined, called: string): string | undefined {
    if (mark === undefined) return undefined;
    const other = this.#ends.get(mark);
    if (other !== undefined) throw new Implausible(`${called} ${mark} is that of node ${other}`);
    this.#ends.set(mark, node.metadata.name ?? '');
    return mark;
  }
}

function addressOf(node: Node): string | undefined {
  const address = node.metadata.annotations?.[ANNOTATIONS.publicIp] ?? internalIp(node);
  if (address !== undefined && parseIp(address) === undefined) {
    throw new Implausible(`its address ${shown(address)} must be an IPv4 address`);
  }
  return address;
}

/** The first address of the node that other nodes reach. */
function internalIp(node: Node): string | undefined {
  return node.status?.addresses?.find(({ type }) => type === 'InternalIP')?.address;
}

/** The same of IPv6. */
function internalIpV6(node: Node): string | undefined {
  const internal = node.status?.addresses?.filter(({ type }) => type === 'InternalIP') ?? [];
  const text = internal.find(({ address }) => ipFamilyOf(address) === 'IPv6')?.address;
  return text === undefined ? undefined : canonicalIp(text);
}

/** The older node first, then by name: the order in which the controller gives networks away, too. */
function byAge(a: Node, b: Node): number {
  const age = ({ metadata }: Node): string => `${metadata.creationTimestamp ?? ''} ${metadata.name ?? ''}`;
  return age(a) < age(b) ? -1 : 1;
}

function shown(text: string): string {
  return JSON.stringify(text.slice(0, 64));
}
