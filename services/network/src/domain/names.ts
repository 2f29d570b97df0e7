import { createHash } from 'node:crypto';
import { formatAddress, parseIp } from '@shiplog/apimachinery';

/** The bridge that a node's pods are plugged into. */
export const BRIDGE = 'cni0';
/** Flannel's names and numbers, so that its nodes and tools understand ours. */
export const VXLAN = 'flannel.1';
export const VNI = 1;
export const VXLAN_PORT = 8472;
/** Bytes that VXLAN adds to a packet: outer IP 20, UDP 8, VXLAN 8, inner Ethernet 14. */
export const VXLAN_OVERHEAD = 50;
/** Where WireGuard listens on every node (UDP), as Flannel's does. */
export const WIREGUARD_PORT = 51820;
/** Bytes that WireGuard adds to a packet: outer IP 20, UDP 8, type and receiver 8, counter 8, tag 16. */
export const WIREGUARD_OVERHEAD = 60;
/** Marks the routes that are this agent's, so that it removes those and no others (any number above 187 is free). */
export const ROUTE_PROTOCOL = '201';

/** The agent's own nftables table. */
export function tableOf(node: string): string {
  return `shiplog_network_${node.replace(/[^A-Za-z0-9]/g, '_')}`;
}

/** The node's end of its encrypted tunnels. By the node's name: what serves it outside of the kernel is found by it. */
export function wireguardLink(node: string): string {
  return `wg${createHash('sha256').update(node).digest('hex').slice(0, 8)}`;
}

/** A VTEP's address that is the same after every restart: peers keep it in their tables. */
export function vtepMac(node: string): string {
  const bytes = createHash('sha256').update(`vtep ${node}`).digest().subarray(0, 6);
  bytes[0] = ((bytes[0] ?? 0) & 0xfc) | 0x02; // locally administered, unicast
  return macText(bytes);
}

/** A MAC that belongs to an IP: a neighbour's table stays right when an address goes from one pod to another. */
export function macOfIp(ip: string): string {
  const number = parseIp(ip) ?? 0;
  return macText([0x0a, 0x58, number >>> 24, (number >>> 16) & 255, (number >>> 8) & 255, number & 255]);
}

/** The address that reaches no further than the link, as interfaces make it of their MAC (RFC 4291, appendix A). */
export function linkLocalOf(mac: string): string {
  const [a = 0, b, c, d, e, f] = mac.split(':').map((byte) => parseInt(byte, 16));
  const bytes = Buffer.from([0xfe, 0x80, 0, 0, 0, 0, 0, 0, a ^ 2, b, c, 0xff, 0xfe, d, e, f] as number[]);
  return formatAddress(6, BigInt(`0x${bytes.toString('hex')}`));
}

/** Where the groups of pods' ports begin: none that somebody else would give links by hand. */
const PORT_GROUPS = 0x5300_0000;
/** The first and the last group that a pod's port can have. */
export const ALL_PORT_GROUPS = `${PORT_GROUPS}-${PORT_GROUPS + 0xff_ffff}`;

/** The group of links that a pod's port is of, alone: rules know by it as whom the pod sends, whatever the port is called. */
export function portGroup(ip: string): number {
  return PORT_GROUPS + ((parseIp(ip) ?? 0) & 0xff_ffff);
}

/** The node's end of a pod's veth pair: at most 15 characters, from the pod's uid alone. */
export function hostInterface(uid: string): string {
  return `veth${createHash('sha256').update(uid).digest('hex').slice(0, 10)}`;
}

function macText(bytes: Iterable<number>): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join(':');
}
