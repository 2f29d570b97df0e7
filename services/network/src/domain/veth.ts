import { BRIDGE, hostInterface, macOfIp, portGroup } from './names';
import type { ObservedLink } from './observed';

/** What the agent knows of a pod's place in the network; all of it can be read back from the kernel. */
export interface Attachment {
  readonly uid: string;
  readonly ip: string;
  /** Not there where it has none. */
  readonly ipv6?: string | undefined;
  /** The pod's network namespace, as `readlink /proc/<pid>/ns/net` names it: `net:[4026532000]`. */
  readonly namespace: string;
}

export interface VethInput extends Attachment {
  readonly pid: number;
  readonly gateway: string;
  readonly prefix: number;
  /** Of the pod's address of IPv6. */
  readonly v6?: { readonly gateway: string; readonly prefix: number } | undefined;
  readonly mtu: number;
}

const ALIAS = /^shiplog:([^:]+):([\d.]+):(\d+)(?::([\da-f:]+))?$/;

/** The node's side, for `ip -batch`: a veth pair whose other end is in the pod's namespace, labelled, in the bridge. */
export function hostEndCommands({ uid, ip, ipv6, namespace, pid, mtu }: VethInput): string[] {
  const name = hostInterface(uid);
  const alias = `shiplog:${uid}:${ip}:${inodeOf(namespace)}${ipv6 === undefined ? '' : `:${ipv6}`}`;
  return [
    `link add ${name} group ${portGroup(ip)} mtu ${mtu} type veth peer name eth0 address ${macOfIp(ip)} mtu ${mtu} netns ${pid}`,
    `link set ${name} alias ${alias}`,
    ...plugCommands(uid),
  ];
}

function plugCommands(uid: string): string[] {
  const name = hostInterface(uid);
  return [
    `link set ${name} master ${BRIDGE} up`,
    // A pod that reaches itself through a service comes back on the port that it came from.
    `link set ${name} type bridge_slave hairpin on`,
  ];
}

/** What is wrong with a connected pod's veth: it is not there, has not its group, is not in the bridge or down, has another MTU. */
export type VethDefect = 'gone' | 'ungrouped' | 'unplugged' | 'resized';

/** The first thing that is wrong with the node's end of a veth; undefined when nothing is. */
export function vethDefect(link: ObservedLink | undefined, ip: string, mtu: number): VethDefect | undefined {
  if (link === undefined) return 'gone';
  if (link.group !== String(portGroup(ip))) return 'ungrouped';
  if (link.master !== BRIDGE || !link.flags.includes('UP')) return 'unplugged';
  return link.mtu === mtu ? undefined : 'resized';
}

/** For `ip -batch`: the node's end back in the bridge, with its group and this MTU. */
export function mendCommands({ uid, ip, mtu }: Pick<VethInput, 'uid' | 'ip' | 'mtu'>): string[] {
  return [groupCommand({ uid, ip }), `link set ${hostInterface(uid)} mtu ${mtu}`, ...plugCommands(uid)];
}

/** For `ip -batch`: gives the node's end the group by which it is known whose it is. */
export function groupCommand({ uid, ip }: Pick<VethInput, 'uid' | 'ip'>): string {
  return `link set dev ${hostInterface(uid)} group ${portGroup(ip)}`;
}

/** The pod's side, for `ip -batch` in its namespace. */
export function podEndCommands({ ip, ipv6, gateway, prefix, v6 }: VethInput): string[] {
  const isDualStack = ipv6 !== undefined && v6 !== undefined;
  return [
    'link set lo up',
    `address add ${ip}/${prefix} dev eth0`,
    ...(isDualStack ? [`address add ${ipv6}/${v6.prefix} dev eth0 nodad`] : []),
    'link set eth0 up',
    `route add default via ${gateway} dev eth0`,
    ...(isDualStack ? [`route add ::/0 via ${v6.gateway} dev eth0`] : []),
  ];
}

/**
 * Settings of the kernel in a pod's namespace that are 0 where it has IPv6: an engine may have turned that off; a pod believes
 * no router; and nobody else has its addresses, so that they can be used at once.
 */
export const POD_SETTINGS_V6 = ['all/disable_ipv6', 'eth0/disable_ipv6', 'eth0/accept_ra', 'eth0/accept_dad'].map(
  (name) => `/proc/sys/net/ipv6/conf/${name}`,
);

/** What a veth's label says; undefined for other links and for pairs that were never finished. */
export function readAlias(alias: string | undefined): Attachment | undefined {
  const [, uid, ip, inode, ipv6] = ALIAS.exec(alias ?? '') ?? [];
  if (uid === undefined || ip === undefined) return undefined;
  return { uid, ip, ...(ipv6 === undefined ? {} : { ipv6 }), namespace: `net:[${inode}]` };
}

/** The pods' veths in the bridge: those with a label, and the names of those without, which belong to nobody. */
export function readVeths(links: readonly ObservedLink[]): { attached: Attachment[]; unfinished: string[] } {
  const veths = links.filter((link) => link.ifname.startsWith('veth') && readAlias(link.ifalias) !== undefined);
  const unfinished = links.filter(
    (link) => /^veth[0-9a-f]{10}$/.test(link.ifname) && link.ifalias === undefined && isOurs(link),
  );
  return {
    attached: veths.flatMap((link) => readAlias(link.ifalias) ?? []),
    unfinished: unfinished.map((link) => link.ifname),
  };
}

/** An engine's own veths are in the engine's bridges. */
function isOurs(link: ObservedLink): boolean {
  return link.master === undefined || link.master === BRIDGE;
}

function inodeOf(namespace: string): string {
  return /\d+/.exec(namespace)?.[0] ?? '0';
}
