import { formatIp, parseIp } from '@shiplog/apimachinery';
import { ALL_PORT_GROUPS, macOfIp, portGroup, tableOf } from './names';

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

/**
 * The whole table as one transaction. What comes in by a pod's port must be from the pod's own MAC and IPv4 addresses, or
 * tell others just these (RFC 826): a pod with a raw socket, or with an interface of its own making, could speak as another
 * and pass by all policies, or draw another's packets to itself. Whatever is neither IPv4 nor ARP has no rules that judge
 * it, tagged frames among it. An ordinary packet costs one lookup.
 *
 * A port's group says which address is the pod's, so that the rules are there for all addresses of a block before any pod has
 * one: a pod that comes or goes changes none.
 */
export function renderSources(node: string, blocks: Iterable<string>): string {
  const table = sourceTable(node);
  return [
    `add table ${table}`,
    // Of an earlier version's table, by the names of ports.
    `delete table ${table}`,
    `add table ${table}`,
    `add set ${table} sources { type devgroup . ether_addr . ipv4_addr ; }`,
    `add chain ${table} from_pods { type filter hook prerouting priority -300 ; policy accept ; }`,
    `add rule ${table} from_pods ether type ip meta iifgroup . ether saddr . ip saddr @sources accept`,
    `add rule ${table} from_pods ether type arp meta iifgroup . ether saddr . arp saddr ip @sources meta iifgroup . arp saddr ether . arp saddr ip @sources accept`,
    `add rule ${table} from_pods meta iifgroup ${ALL_PORT_GROUPS} counter drop`,
    ...[...blocks].map((block) => elements(table, block)),
    '',
  ].join('\n');
}

/** What lets pods send that have an address of a block. */
export function renderBlock(node: string, block: string): string {
  return `${elements(sourceTable(node), block)}\n`;
}

function elements(table: string, block: string): string {
  const first = parseIp(block) ?? 0;
  const ips = Array.from({ length: BLOCK }, (_, n) => formatIp(first + n));
  const sources = ips.map((ip) => `${portGroup(ip)} . ${macOfIp(ip)} . ${ip}`);
  return `add element ${table} sources { ${sources.join(', ')} }`;
}

/** Removes the table, also when there is none. */
export function renderSourcesRemoval(node: string): string {
  const table = sourceTable(node);
  return `add table ${table}\ndelete table ${table}\n`;
}
