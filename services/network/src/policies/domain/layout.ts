import type { Definition, TableFamily } from '@shiplog/hostnet';
import { BRIDGE, tableOf } from '../../domain/names';
import { DIRECTIONS, type Direction } from './compile';

/** What the rules of a direction look at: which address is the pod's and which its peer's. */
interface Sides {
  readonly own: string;
  readonly peer: string;
  /** Egress is judged first. Before other tables of Shiplog refuse what has no endpoint, and after translation. */
  readonly priority: number;
}
const SIDES: Readonly<Record<Direction, Sides>> = {
  in: { own: 'daddr', peer: 'saddr', priority: -19 },
  out: { own: 'saddr', peer: 'daddr', priority: -20 },
};

/** The type of an address in a set, as nft calls it. */
export const ADDRESS_TYPES: Readonly<Record<TableFamily, string>> = { ip: 'ipv4_addr', ip6: 'ipv6_addr' };

/** The field of a packet with the peer's address. */
export function peerAddress(direction: Direction, family: TableFamily): string {
  return `${family} ${SIDES[direction].peer}`;
}

/** A node's table. A new one is made under another number before the old one goes. */
export function policyTable(node: string, n: number): string {
  return `${tableOf(node)}_policies_${n}`;
}

/** The node's own of a family among all tables, which are named with theirs. */
export function policyTables(node: string, tables: Iterable<string>, family: TableFamily = 'ip'): string[] {
  const start = `${family} `;
  const all = [...tables].filter((table) => table.startsWith(start)).map((table) => table.slice(start.length));
  return all.filter((name) => name.startsWith(policyTable(node, 0).slice(0, -1)) && /_policies_\d$/.test(name));
}

/** Its table, with the family that it is of. */
export function betweenPodsTable(node: string): string {
  return `ip6 ${tableOf(node)}_policies`;
}

/**
 * In a cluster of IPv4 alone pods have no addresses of IPv6 but those that interfaces give themselves, which reach as far as the bridge does: no rule of
 * a policy knows them.
 */
export function renderBetweenPods(node: string): string {
  const table = betweenPodsTable(node);
  return [
    `add table ${table}\n`,
    `add chain ${table} between_pods { type filter hook forward priority -20 ; policy accept ; }\n`,
    `flush chain ${table} between_pods\n`,
    `add rule ${table} between_pods iifname "${BRIDGE}" oifname "${BRIDGE}" drop\n`,
  ].join('');
}

/** Removes that table, also when there is none. */
export function renderBetweenPodsRemoval(node: string): string {
  const table = betweenPodsTable(node);
  return `add table ${table}\ndelete table ${table}\n`;
}

/** Every name in the table. Those with a number are made anew for each thing, and hold nothing that a user wrote. */
export const names = {
  /** Address of a pod → the chain of the policies that isolate it. */
  isolated: (direction: Direction) => `isolated_${direction}`,
  /** Isolated pods, each beside itself: a pod always reaches itself, also through a service. */
  selves: 'selves',
  /** Where every packet that is forwarded comes by. */
  judge: (direction: Direction) => `judge_${direction}`,
  /** Where a packet that no policy lets through ends. */
  denied: (direction: Direction) => `denied_${direction}`,
  /** What was dropped lately, with a counter each: by source, destination, protocol and port. */
  deniedPorts: (direction: Direction) => `denied_ports_${direction}`,
  /** The same of protocols without ports. */
  deniedOthers: (direction: Direction) => `denied_others_${direction}`,
  /** Pods that a selector chooses, by address. */
  peers: (id: number) => `peers_${id}`,
  /** Ports of a name: address, protocol and number in each pod that has it. */
  named: (id: number) => `named_${id}`,
  /** What the policies let through that isolate a pod. */
  profile: (id: number) => `profile_${id}`,
  /** A share of the policies of a profile. */
  part: (id: number) => `part_${id}`,
  /** What a policy lets through in a direction. */
  policy: (id: number) => `policy_${id}`,
  /** Ports that a rule lets through. */
  ports: (id: number) => `ports_${id}`,
  /** A network without some of its parts. */
  block: (id: number) => `block_${id}`,
} as const;

/** Drops that are remembered, and for how long after the last of the kind: whoever looks for a reason looks soon. */
const MOST_DENIED = 4096;
const REMEMBERED = '10m';
const WITH_PORTS = '{ tcp, udp, sctp }';

/**
 * The parts of the table that are there whatever policies there are. The base chains' policy is to drop, and what is not
 * isolated is let through by a rule: a packet that a change overtakes may find its pod in the map as it is now and the
 * chain as it was, which is empty. Dropped, it is sent again a moment later; passed on, its connection would stay.
 */
export function renderBase(family: TableFamily = 'ip'): Definition[] {
  const address = ADDRESS_TYPES[family];
  const verdicts = DIRECTIONS.map((direction): Definition => ({
    kind: 'map',
    name: names.isolated(direction),
    body: `type ${address} : verdict ;`,
  }));
  return [
    ...verdicts,
    { kind: 'set', name: names.selves, body: `type ${address} . ${address} ;` },
    ...DIRECTIONS.flatMap((direction) => denials(direction, family)),
    ...DIRECTIONS.map((direction) => judging(direction, family)),
  ];
}

/**
 * Pods find their neighbours whatever isolates them, as those of IPv4 do by a protocol that passes no rules (RFC 4890, 4.3.1).
 * Other than that they speak to each other by the addresses that the cluster knows: by those that reach as far as the bridge
 * does, and to groups, they would go past the rules.
 */
const NEIGHBOURS = 'icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept';
const BETWEEN_PODS = `iifname "${BRIDGE}" oifname "${BRIDGE}"`;
const ON_LINK = ['ip6 saddr fe80::/10', 'ip6 daddr fe80::/10', 'ip6 daddr ff00::/8'].map(
  (match) => `${BETWEEN_PODS} ${match} drop`,
);

function judging(direction: Direction, family: TableFamily): Definition {
  const { own, priority } = SIDES[direction];
  return {
    kind: 'chain',
    name: names.judge(direction),
    hook: `type filter hook forward priority ${priority} ; policy drop ;`,
    rules: [
      ...(family === 'ip6' ? [NEIGHBOURS] : []),
      'ct state established,related accept',
      ...(family === 'ip6' && direction === 'out' ? ON_LINK : []),
      `${family} saddr . ${family} daddr @${names.selves} accept`,
      `${family} ${own} vmap @${names.isolated(direction)}`,
      'accept',
    ],
  };
}

/** When the sets are full their rules do nothing, and the packet goes on to be dropped. */
function denials(direction: Direction, family: TableFamily): Definition[] {
  const address = ADDRESS_TYPES[family];
  const remembering = `size ${MOST_DENIED} ; flags dynamic,timeout ; timeout ${REMEMBERED} ;`;
  const flow = `${family} saddr . ${family} daddr . meta l4proto`;
  return [
    {
      kind: 'set',
      name: names.deniedPorts(direction),
      body: `type ${address} . ${address} . inet_proto . inet_service ; ${remembering}`,
    },
    {
      kind: 'set',
      name: names.deniedOthers(direction),
      body: `type ${address} . ${address} . inet_proto ; ${remembering}`,
    },
    {
      kind: 'chain',
      name: names.denied(direction),
      rules: [
        `meta l4proto ${WITH_PORTS} update @${names.deniedPorts(direction)} { ${flow} . th dport counter }`,
        `meta l4proto != ${WITH_PORTS} update @${names.deniedOthers(direction)} { ${flow} counter }`,
        'drop',
      ],
    },
  ];
}
