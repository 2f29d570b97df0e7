import type { IpFamily } from '@shiplog/apimachinery';
import type { Definition } from '@shiplog/hostnet';
import { WORDS } from './family';

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
export interface Key {
  readonly expression: string;
  readonly type: string;
}
const BY_PORT: Key = { expression: 'meta l4proto . th dport', type: 'inet_proto . inet_service' };

export function keyOf(plane: Plane, family: IpFamily): Key {
  if (plane === 'port' || plane === 'outside_port') return BY_PORT;
  const { table, address } = WORDS[family];
  return { expression: `${table} daddr . ${BY_PORT.expression}`, type: `${address} . ${BY_PORT.type}` };
}

/** Every name in a table, in one place. Prefixed: a bare word could be a keyword of some nft version. */
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
export const OVERTAKEN = 'drop';

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
  readonly family: IpFamily;
  readonly clusterCidr: string;
}

/** Picks at random; each connection anew. */
export function spreadingPicker(origin: Origin, count: number): Picker {
  const { plane } = origin;
  const slots = range(count);
  const definitions = slots.flatMap((slot) => slotDefinitions(origin, slot));
  const only = `${plane}_to_0`;
  if (count === 1) return { verdict: `goto ${only}`, definitions };
  const name = `${plane}_pick_${count}`;
  const rules = [choose(slots.map((slot) => `${plane}_to_${slot}`)), OVERTAKEN];
  return { verdict: `goto ${name}`, definitions: [...definitions, { kind: 'chain', name, rules }] };
}

/** Where a connection gets the backend of a slot. */
export function slotDefinitions({ plane, family, clusterCidr }: Origin, slot: number): Definition[] {
  const map = names.slot(plane, slot);
  const { table, address } = WORDS[family];
  const key = keyOf(plane, family);
  const masquerading = masqueradingRules({ plane, family, clusterCidr });
  return [
    { kind: 'map', name: map, body: `type ${key.type} : ${address} . inet_service ;` },
    // A packet that a change overtook may have picked a slot that is empty by now: dropped, it comes again a moment later.
    {
      kind: 'chain',
      name: `${plane}_to_${slot}`,
      rules: [...masquerading, `dnat ${table} to ${key.expression} map @${map}`, 'drop'],
    },
  ];
}

/** Who isn't a pod would hear the answer from the backend itself, unless the client's address is what is to be kept. */
function masqueradingRules({ plane, family, clusterCidr }: Origin): string[] {
  if (plane === 'outside_vip' || plane === 'outside_port') return [];
  const clients = clusterCidr === '' ? [] : [`${WORDS[family].table} saddr != ${clusterCidr}`];
  return [[...clients, `meta mark set meta mark | ${MASQUERADE_MARK}`].join(' ')];
}

/** At random one of some chains. */
export function choose(chains: readonly string[]): string {
  if (chains.length === 1) return `goto ${chains[0]}`;
  const verdicts = chains.map((chain, index) => `${index} : goto ${chain}`).join(', ');
  return `numgen random mod ${chains.length} vmap { ${verdicts} }`;
}

/** 0 to `count` - 1. */
export function range(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index);
}
