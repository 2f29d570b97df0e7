import { networkContains, parseNetwork } from '@shiplog/apimachinery';
import { BRIDGE, linkLocalOf, ROUTE_PROTOCOL, VNI, VXLAN, VXLAN_PORT, wireguardLink } from './names';
import {
  addressesOf,
  addressesV6Of,
  networkOf,
  type Observed,
  type ObservedLink,
  type ObservedRoute,
} from './observed';
import type { Desired, WantedBridge, WantedRoute, WantedTunnel } from './desired';
import type { WantedWireguard } from './wireguard';

/** Lines for `ip -batch` and, after those, for `bridge -batch`. */
export interface Commands {
  readonly ip: readonly string[];
  readonly bridge: readonly string[];
}

/**
 * Which routes with the agent's mark are this cluster's: one machine may be the host of several, each with an underlay of its
 * own. Those into its networks are, and all over its own devices, wherever a node once made them lead.
 */
export interface Scope {
  readonly clusterCidr: string;
  readonly serviceCidr: string;
  /** In a dual-stack cluster the same of IPv6. */
  readonly v6?: { readonly clusterCidr: string; readonly serviceCidr: string };
  readonly node: string;
  /** The interfaces that lead to this cluster's nodes. */
  readonly devices: readonly string[];
}

/** The interfaces that this node's tunnels have, whichever it uses. */
export function tunnelLinks(node: string): string[] {
  return [VXLAN, wireguardLink(node)];
}

/** What turns the kernel's state into the desired one; nothing when it is that already. */
export function planCommands(desired: Desired, observed: Observed, scope: Scope): Commands {
  const tunnelIsNew = desired.tunnel !== undefined && !isSameTunnel(find(observed, VXLAN), desired.tunnel);
  const isKept = new Map([
    [VXLAN, desired.tunnel !== undefined && !tunnelIsNew],
    [wireguardLink(scope.node), desired.wireguard !== undefined],
  ]);
  // What leads over a link goes with it.
  const goes = observed.links.map(({ ifname }) => ifname).filter((name) => isKept.get(name) === false);
  const routes = observed.routes.filter(({ dev = '' }) => !goes.includes(dev));
  const seen: Observed = { ...observed, routes, ...(tunnelIsNew ? { neighbours: [], fdb: [] } : {}) };
  return {
    ip: [
      ...bridgeCommands(desired.bridge, find(observed, BRIDGE)),
      ...tunnelCommands(desired.tunnel, find(observed, VXLAN), tunnelIsNew),
      ...wireguardCommands(desired.wireguard, wireguardLink(scope.node), observed),
      ...neighbourCommands(desired, seen),
      ...routeCommands(desired.routes, seen.routes, scope),
    ],
    bridge: fdbCommands(desired, seen),
  };
}

function find(observed: Observed, name: string): ObservedLink | undefined {
  return observed.links.find((link) => link.ifname === name);
}

function bridgeCommands(wanted: WantedBridge | undefined, link: ObservedLink | undefined): string[] {
  if (wanted === undefined) return [];
  const { mac, mtu } = wanted;
  if (link === undefined) {
    return [
      `link add ${BRIDGE} address ${mac} mtu ${mtu} type bridge`,
      ...addressAdditions(BRIDGE, wanted),
      // As the kernel would, a second later: until then the node could not ask who has a pod's address.
      ...(wanted.addressV6 === undefined ? [] : [`address add ${linkLocalOf(mac)}/64 dev ${BRIDGE} nodad`]),
      `link set ${BRIDGE} up`,
    ];
  }
  return [
    ...(link.address === mac ? [] : [`link set ${BRIDGE} address ${mac}`]),
    ...(link.mtu === mtu ? [] : [`link set ${BRIDGE} mtu ${mtu}`]),
    ...addressCommands(BRIDGE, link, wanted),
    ...upCommands(link),
  ];
}

function tunnelCommands(wanted: WantedTunnel | undefined, link: ObservedLink | undefined, isNew: boolean): string[] {
  if (wanted === undefined) return link === undefined ? [] : [`link delete ${VXLAN}`];
  const { device, local, mac, mtu } = wanted;
  if (link === undefined || isNew) {
    return [
      ...(link === undefined ? [] : [`link delete ${VXLAN}`]),
      `link add ${VXLAN} address ${mac} mtu ${mtu} type vxlan id ${VNI} dev ${device} local ${local} dstport ${VXLAN_PORT} nolearning`,
      ...addressAdditions(VXLAN, wanted),
      `link set ${VXLAN} up`,
    ];
  }
  return [
    ...(link.mtu === mtu ? [] : [`link set ${VXLAN} mtu ${mtu}`]),
    ...addressCommands(VXLAN, link, wanted),
    ...upCommands(link),
  ];
}

/** Its key and its peers are another program's matter. One that is there may be served by a process in the kernel's place. */
function wireguardCommands(wanted: WantedWireguard | undefined, name: string, observed: Observed): string[] {
  const link = find(observed, name);
  if (wanted === undefined) return link === undefined ? [] : [`link delete ${name}`];
  const { mtu } = wanted;
  if (link === undefined) {
    return [`link add ${name} mtu ${mtu} type wireguard`, ...addressAdditions(name, wanted), `link set ${name} up`];
  }
  return [
    ...(link.mtu === mtu ? [] : [`link set ${name} mtu ${mtu}`]),
    ...addressCommands(name, link, wanted),
    ...upCommands(link),
  ];
}

/** A VXLAN's ends can't be changed: another one has to be made. */
function isSameTunnel(link: ObservedLink | undefined, wanted: WantedTunnel): boolean {
  const data = link?.linkinfo?.info_data;
  return (
    link?.address === wanted.mac &&
    data?.id === VNI &&
    data.port === VXLAN_PORT &&
    data.local === wanted.local &&
    data.link === wanted.device
  );
}

/** The addresses that a link is to have. */
interface WantedAddresses {
  readonly address: string;
  readonly addressV6?: string | undefined;
}

function addressAdditions(device: string, { address, addressV6 }: WantedAddresses): string[] {
  // Nobody else has it: there is nothing to wait for until it can be used (RFC 4862, 5.4).
  const v6 = addressV6 === undefined ? [] : [`address add ${addressV6} dev ${device} nodad`];
  return [`address add ${address} dev ${device}`, ...v6];
}

function addressCommands(device: string, link: ObservedLink, wanted: WantedAddresses): string[] {
  const { address, addressV6 } = wanted;
  const present = [...addressesOf(link), ...(addressV6 === undefined ? [] : addressesV6Of(link))];
  const isThere = (line: string): boolean => present.some((own) => line.startsWith(`address add ${own} `));
  return [
    ...addressAdditions(device, wanted).filter((line) => !isThere(line)),
    ...present
      .filter((own) => own !== address && own !== addressV6)
      .map((own) => `address delete ${own} dev ${device}`),
  ];
}

function upCommands(link: ObservedLink): string[] {
  return link.flags.includes('UP') ? [] : [`link set ${link.ifname} up`];
}

function neighbourCommands(desired: Desired, observed: Observed): string[] {
  if (desired.tunnel === undefined) return [];
  const wanted = new Map(desired.neighbours.map(({ ip, mac }) => [ip, mac]));
  const present = new Map(
    observed.neighbours
      .filter(({ state }) => state?.includes('PERMANENT'))
      .map(({ dst = '', lladdr }) => [dst, lladdr]),
  );
  return [
    ...[...wanted]
      .filter(([ip, mac]) => present.get(ip) !== mac)
      .map(([ip, mac]) => `neighbour replace ${ip} lladdr ${mac} dev ${VXLAN} nud permanent`),
    ...[...present.keys()].filter((ip) => !wanted.has(ip)).map((ip) => `neighbour delete ${ip} dev ${VXLAN}`),
  ];
}

function fdbCommands(desired: Desired, observed: Observed): string[] {
  if (desired.tunnel === undefined) return [];
  const wanted = new Map(desired.fdb.map(({ mac, ip }) => [mac, ip]));
  const present = new Map(observed.fdb.flatMap(({ mac, dst }) => (dst === undefined ? [] : [[mac, dst] as const])));
  return [
    ...[...wanted]
      .filter(([mac, ip]) => present.get(mac) !== ip)
      .map(([mac, ip]) => `fdb replace ${mac} dev ${VXLAN} dst ${ip} self permanent`),
    ...[...present]
      .filter(([mac]) => !wanted.has(mac))
      .map(([mac, ip]) => `fdb delete ${mac} dev ${VXLAN} dst ${ip} self`),
  ];
}

function routeCommands(wanted: readonly WantedRoute[], present: readonly ObservedRoute[], scope: Scope): string[] {
  const mine = present.filter((route) => route.protocol === ROUTE_PROTOCOL && isInScope(route, scope));
  const targets = new Set(wanted.map(({ to }) => to));
  return [
    ...wanted.filter((route) => !mine.some((own) => isSameRoute(route, own))).map(routeReplace),
    ...mine
      .filter((route) => !targets.has(networkOf(route)))
      .map(({ dst }) => `route delete ${dst} proto ${ROUTE_PROTOCOL}`),
  ];
}

function routeReplace({ to, via, device, onlink }: WantedRoute): string {
  return `route replace ${to}${via === undefined ? '' : ` via ${via}`} dev ${device} proto ${ROUTE_PROTOCOL}${onlink ? ' onlink' : ''}`;
}

function isSameRoute(wanted: WantedRoute, route: ObservedRoute): boolean {
  return networkOf(route) === wanted.to && route.gateway === wanted.via && route.dev === wanted.device;
}

function isInScope(route: ObservedRoute, { devices, v6, ...v4 }: Scope): boolean {
  if (route.dev !== undefined && devices.includes(route.dev)) return true;
  const ranges = v6 === undefined ? [v4] : [v4, v6];
  return ranges.some(({ serviceCidr, clusterCidr }) => {
    const cluster = parseNetwork(clusterCidr);
    const isOfPods = cluster !== undefined && networkContains(cluster, route.dst.split('/')[0] ?? '');
    return isOfPods || networkOf(route) === serviceCidr;
  });
}
