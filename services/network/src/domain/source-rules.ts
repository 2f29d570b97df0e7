import { formatIp, parseAddress, parseIp } from '@shiplog/apimachinery';
import { ALL_PORT_GROUPS, linkLocalOf, macOfIp, portGroup, tableOf } from './names';

/** Addresses of pods whose rules come together: as many as most nodes have. */
const BLOCK = 256;

/** The node's table of who may send what into the bridge, with the family that it is of. */
export function sourceTable(node: string): string {
  return `bridge ${tableOf(node)}`;
}

/** The block of addresses that one is of, by its first. */
export function blockOf(ip: string): string {
  const address = parseIp(ip) ?? 0;
  return formatIp(address - (address % BLOCK));
}

/** The address of IPv6 that goes with one of IPv4; undefined where it is none of this node's pods'. */
export type V6Of = (ip: string) => string | undefined;

/**
 * The whole table as one transaction. What comes in by a pod's port must be from the pod's own MAC and IP addresses, or
 * tell others just these (RFC 826, RFC 4861): a pod with a raw socket, or with an interface of its own making, could speak as
 * another and pass by all policies, or draw another's packets to itself. Whatever is neither of IP nor ARP has no rules that
 * judge it, tagged frames among it; IPv6 neither, where the node has none. An ordinary packet costs one lookup.
 *
 * A port's group says which address is the pod's, so that the rules are there for all addresses of a block before any pod has
 * one: a pod that comes or goes changes none.
 */
export function renderSources(node: string, blocks: Iterable<string>, v6Of?: V6Of): string {
  const table = sourceTable(node);
  const [setsV6, rulesV6] = v6Of === undefined ? [[], []] : [SETS_V6, RULES_V6];
  return [
    `add table ${table}`,
    // Of an earlier version's table, by the names of ports.
    `delete table ${table}`,
    `add table ${table}`,
    `add set ${table} sources { type devgroup . ether_addr . ipv4_addr ; }`,
    ...setsV6.map((set) => `add set ${table} ${set}`),
    `add chain ${table} from_pods { type filter hook prerouting priority -300 ; policy accept ; }`,
    ...[...RULES, ...rulesV6].map((rule) => `add rule ${table} from_pods ${rule}`),
    `add rule ${table} from_pods meta iifgroup ${ALL_PORT_GROUPS} counter drop`,
    ...[...blocks].flatMap((block) => elements(table, block, v6Of)),
    '',
  ].join('\n');
}

const RULES = [
  'ether type ip meta iifgroup . ether saddr . ip saddr @sources accept',
  'ether type arp meta iifgroup . ether saddr . arp saddr ip @sources meta iifgroup . arp saddr ether . arp saddr ip @sources accept',
];

/** The third by the place that an advertisement has its target at (RFC 4861, 4.4): older versions of nft have no word for it. */
const SETS_V6 = [
  'sources_v6 { type devgroup . ether_addr . ipv6_addr ; }',
  'link_sources_v6 { type devgroup . ether_addr . ipv6_addr ; }',
  'targets_v6 { typeof meta iifgroup . @th,64,128 ; }',
];

/** By addresses that reach no further than the link pods find their neighbours, and nothing else: policies know none. */
const RULES_V6 = [
  `meta iifgroup ${ALL_PORT_GROUPS} icmpv6 type nd-neighbor-advert meta iifgroup . @th,64,128 != @targets_v6 counter drop`,
  'ether type ip6 meta iifgroup . ether saddr . ip6 saddr @sources_v6 accept',
  'icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } meta iifgroup . ether saddr . ip6 saddr @link_sources_v6 accept',
];

/** What lets pods send that have an address of a block. */
export function renderBlock(node: string, block: string, v6Of?: V6Of): string {
  return `${elements(sourceTable(node), block, v6Of).join('\n')}\n`;
}

function elements(table: string, block: string, v6Of: V6Of = () => undefined): string[] {
  const first = parseIp(block) ?? 0;
  const pods = Array.from({ length: BLOCK }, (_, n) => {
    const ip = formatIp(first + n);
    const mac = macOfIp(ip);
    return { group: portGroup(ip), mac, ip, ipv6: v6Of(ip), link: linkLocalOf(mac) };
  });
  const both = pods.flatMap((pod) => (pod.ipv6 === undefined ? [] : [{ ...pod, ipv6: pod.ipv6 }]));
  const sets = {
    sources: pods.map(({ group, mac, ip }) => `${group} . ${mac} . ${ip}`),
    sources_v6: both.map(({ group, mac, ipv6 }) => `${group} . ${mac} . ${ipv6}`),
    link_sources_v6: both.map(({ group, mac, link }) => `${group} . ${mac} . ${link}`),
    targets_v6: both.flatMap(({ group, ipv6, link }) => [ipv6, link].map((ip) => `${group} . ${numberOf(ip)}`)),
  };
  return Object.entries(sets)
    .filter(([, list]) => list.length > 0)
    .map(([set, list]) => `add element ${table} ${set} { ${list.join(', ')} }`);
}

/** An address as nft writes what it takes for a number. */
function numberOf(ip: string): string {
  return `0x${(parseAddress(ip) ?? 0n).toString(16).padStart(32, '0')}`;
}

/** Removes the table, also when there is none. */
export function renderSourcesRemoval(node: string): string {
  const table = sourceTable(node);
  return `add table ${table}\ndelete table ${table}\n`;
}
