import type { Definition } from '@shiplog/hostnet';

/** The table that is this proxy's alone; nothing outside it is ever touched. A host may serve several clusters. */
export function tableOf(node: string): string {
  return `shiplog_proxy_${node.replace(/[^A-Za-z0-9]/g, '_')}`;
}

/**
 * Kinds of address that lead to a service. `outside_…` hold what differs for clients outside the cluster
 * (externalTrafficPolicy: Local) and are looked at first for those.
 */
export type Plane = 'vip' | 'port' | 'outside_vip' | 'outside_port';
export const PLANES: readonly Plane[] = ['vip', 'port', 'outside_vip', 'outside_port'];

/** What a plane's maps are keyed by: a destination, or on a node's own address only the port of it. */
interface Key {
  readonly expression: string;
  readonly type: string;
}
const BY_ADDRESS: Key = {
  expression: 'ip daddr . meta l4proto . th dport',
  type: 'ipv4_addr . inet_proto . inet_service',
};
const BY_PORT: Key = { expression: 'meta l4proto . th dport', type: 'inet_proto . inet_service' };

export function keyOf(plane: Plane): Key {
  return plane === 'vip' || plane === 'outside_vip' ? BY_ADDRESS : BY_PORT;
}

/** Every name in the table, in one place. Prefixed: a bare word could be a keyword of some nft version. */
export const names = {
  /** Destination → verdict. */
  entries: (plane: Plane) => `${plane}_entries`,
  /** Destination → backend, one map per slot number: a destination with n backends has an element in the first n. */
  slot: (plane: Plane, slot: number) => `${plane}_slot_${slot}`,
  /** Clients of each destination → the slot that they stay with, with the time that is left to them. */
  clients: (plane: Plane) => `${plane}_clients`,
  /** Destinations that only some clients may use → the number of whose they are. */
  restricted: 'restricted_vips',
  /** That number with each network that may. */
  sources: 'allowed_sources',
  /** Destinations that are refused because their service has no endpoints. */
  refused: (plane: 'vip' | 'port') => `refused_${plane}_entries`,
  /** Backends on this node, each beside itself: connections of a pod to itself through a service. */
  hairpins: 'hairpins',
} as const;

/**
 * Where a packet ends up that a change overtook on its way: the kernel goes on with the rules it began with, and looks up
 * in maps as they are now, where a slot may be empty and a replaced rule's choices are gone. Dropped, it is sent again a
 * moment later; passed on untranslated, it would be refused.
 */
const OVERTAKEN = 'drop';

/**
 * The bit of a packet's mark that says to masquerade it, as Kubernetes' own (iptablesMasqueradeBit): it lives from the
 * choice of a backend until the packet leaves the node, so it is a connection's first packet that decides, not who the backend is.
 */
export const MASQUERADE_MARK = 0x4000;

/** A place to pick backends for `count` backends, with all that it refers to; the first is the one to go to. */
export interface Picker {
  readonly verdict: string;
  readonly definitions: readonly Definition[];
}

/** Which destinations a picker is for, and where pods have their addresses ('': unknown). */
export interface Origin {
  readonly plane: Plane;
  readonly clusterCidr: string;
}

/** Picks at random; each connection anew. */
export function spreadingPicker({ plane, clusterCidr }: Origin, count: number): Picker {
  const slots = range(count);
  const definitions = slots.flatMap((slot) => slotDefinitions({ plane, clusterCidr }, slot));
  const only = `${plane}_to_0`;
  if (count === 1) return { verdict: `goto ${only}`, definitions };
  const name = `${plane}_pick_${count}`;
  const rules = [choose(slots.map((slot) => `${plane}_to_${slot}`)), OVERTAKEN];
  return { verdict: `goto ${name}`, definitions: [...definitions, { kind: 'chain', name, rules }] };
}

/** Clients that a plane remembers at most; others are served without affinity. The kernel's table for as many takes 4 MiB. */
export const CLIENT_LIMIT = 262_144;

/**
 * Sends a client to the slot it was sent to last, until `seconds` after its last connection. One map says which that is:
 * the packet's priority carries the number to where it is looked at, since a map that packets write to holds no verdicts.
 */
export function stickyPicker(origin: Origin, count: number, seconds: number): Picker {
  const { plane } = origin;
  const slots = range(count);
  const keep = (slot: number): string => `${plane}_keep_${slot}_for_${seconds}`;
  const begin = (slot: number): string => `${plane}_begin_${slot}_for_${seconds}`;
  const client = `ip saddr . ${keyOf(plane).expression}`;
  const clients = `@${names.clients(plane)}`;
  const definitions = slots.flatMap((slot): Definition[] => [
    ...slotDefinitions(origin, slot),
    {
      kind: 'chain',
      name: keep(slot),
      rules: [
        'meta priority set none',
        `update ${clients} { ${client} timeout ${seconds}s : ${numberOf(slot)} }`,
        `goto ${plane}_to_${slot}`,
      ],
    },
    // What is remembered of a slot that is no more would stay as it is under an update.
    {
      kind: 'chain',
      name: begin(slot),
      rules: [`delete ${clients} { ${client} : ${numberOf(slot)} }`, `goto ${keep(slot)}`],
    },
  ]);
  const map: Definition = {
    kind: 'map',
    name: names.clients(plane),
    body: `type ipv4_addr . ${keyOf(plane).type} : classid ; size ${CLIENT_LIMIT} ; flags dynamic,timeout ;`,
    keepsElements: true,
  };
  const chain: Definition = {
    kind: 'chain',
    name: `${plane}_stick_${count}_for_${seconds}`,
    rules: [
      'meta priority set none',
      `meta priority set ${client} map ${clients}`,
      `meta priority vmap { ${slots.map((slot) => `${numberOf(slot)} : goto ${keep(slot)}`).join(', ')} }`,
      choose(slots.map(begin)),
      OVERTAKEN,
    ],
  };
  return { verdict: `goto ${chain.name}`, definitions: [map, ...definitions, chain] };
}

/** A slot as a packet's priority. */
function numberOf(slot: number): string {
  return asPriority(slot + 1);
}

/** A number from 1 to 2^32 - 1 as nft writes a packet's priority, which is a tc handle: none is 0. */
export function asPriority(value: number): string {
  return `${(value >>> 16).toString(16)}:${(value & 0xffff).toString(16)}`;
}

function slotDefinitions({ plane, clusterCidr }: Origin, slot: number): Definition[] {
  const map = names.slot(plane, slot);
  return [
    { kind: 'map', name: map, body: `type ${keyOf(plane).type} : ipv4_addr . inet_service ;` },
    // A packet that a change overtook may have picked a slot that is empty by now: dropped, it comes again a moment later.
    {
      kind: 'chain',
      name: `${plane}_to_${slot}`,
      rules: [...masquerading(plane, clusterCidr), `dnat ip to ${keyOf(plane).expression} map @${map}`, 'drop'],
    },
  ];
}

/** Who isn't a pod would hear the answer from the backend itself, unless the client's address is what is to be kept. */
function masquerading(plane: Plane, clusterCidr: string): string[] {
  if (plane === 'outside_vip' || plane === 'outside_port') return [];
  const clients = clusterCidr === '' ? [] : [`ip saddr != ${clusterCidr}`];
  return [[...clients, `meta mark set meta mark | ${MASQUERADE_MARK}`].join(' ')];
}

function choose(chains: readonly string[]): string {
  if (chains.length === 1) return `goto ${chains[0]}`;
  const verdicts = chains.map((chain, index) => `${index} : goto ${chain}`).join(', ');
  return `numgen random mod ${chains.length} vmap { ${verdicts} }`;
}

function range(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index);
}
