import { hostInterface, macOfIp, tableOf } from './names';

/** A pod that may send, and as whom. */
export interface Sender {
  readonly uid: string;
  readonly ip: string;
}

/** The node's table of who may send what into the bridge, with the family that it is of. */
export function sourceTable(node: string): string {
  return `bridge ${tableOf(node)}`;
}

/**
 * The whole table as one transaction. What comes in by a pod's port must be from the pod's own MAC and IPv4 addresses, or
 * tell others just these (RFC 826): a pod with a raw socket, or with an interface of its own making, could speak as another
 * and pass by all policies, or draw another's packets to itself. Whatever is neither IPv4 nor ARP has no rules that judge
 * it, tagged frames among it. An ordinary packet costs one lookup.
 */
export function renderSources(node: string, senders: readonly Sender[]): string {
  const table = sourceTable(node);
  return [
    `add table ${table}`,
    `add set ${table} ports { type ifname ; }`,
    `add set ${table} sources { type ifname . ether_addr . ipv4_addr ; }`,
    `add chain ${table} from_pods { type filter hook prerouting priority -300 ; policy accept ; }`,
    `flush set ${table} ports`,
    `flush set ${table} sources`,
    `flush chain ${table} from_pods`,
    `add rule ${table} from_pods ether type ip iifname . ether saddr . ip saddr @sources accept`,
    `add rule ${table} from_pods ether type arp iifname . ether saddr . arp saddr ip @sources iifname . arp saddr ether . arp saddr ip @sources accept`,
    `add rule ${table} from_pods iifname @ports counter drop`,
    ...(senders.length === 0 ? [] : [elements('add', node, senders)]),
    '',
  ].join('\n');
}

/** What lets pods send, or no longer. */
export function renderSenders(verb: 'add' | 'delete', node: string, senders: readonly Sender[]): string {
  return `${elements(verb, node, senders)}\n`;
}

function elements(verb: 'add' | 'delete', node: string, senders: readonly Sender[]): string {
  const table = sourceTable(node);
  const ports = senders.map(({ uid }) => `"${hostInterface(uid)}"`);
  const sources = senders.map(({ uid, ip }) => `"${hostInterface(uid)}" . ${macOfIp(ip)} . ${ip}`);
  return [
    `${verb} element ${table} sources { ${sources.join(', ')} }`,
    `${verb} element ${table} ports { ${ports.join(', ')} }`,
  ].join('\n');
}

/** Removes the table, also when there is none. */
export function renderSourcesRemoval(node: string): string {
  const table = sourceTable(node);
  return `add table ${table}\ndelete table ${table}\n`;
}
