import { cidrContains, parseCidr, parseIp } from '@shiplog/apimachinery';
import { addressesOf, type Observed, type ObservedLink } from './observed';

/** The way to the other nodes: an interface, and this node's address on it. */
export interface Fabric {
  readonly device: string;
  readonly address: string;
  readonly mtu: number;
  /** The networks that can be reached on it without a gateway. */
  readonly networks: readonly string[];
}

/** Finds the fabric: by name, else by the node's address, else by the default route. Undefined while there is none. */
export function planFabric(observed: Observed, wanted: { device: string; address: string }): Fabric | undefined {
  const link = fabricLink(observed, wanted);
  if (link === undefined) return undefined;
  const networks = addressesOf(link);
  const address = wanted.address === '' ? networks[0]?.split('/')[0] : wanted.address;
  return address === undefined ? undefined : { device: link.ifname, address, mtu: link.mtu, networks };
}

function fabricLink(
  { links, routes }: Observed,
  wanted: { device: string; address: string },
): ObservedLink | undefined {
  if (wanted.device !== '') return links.find((link) => link.ifname === wanted.device);
  const holds = (link: ObservedLink): boolean => addressesOf(link).some((one) => one.startsWith(`${wanted.address}/`));
  if (wanted.address !== '') return links.find(holds);
  const device = routes.find((route) => route.dst === 'default')?.dev;
  return links.find((link) => link.ifname === device);
}

/** Whether an address is a neighbour on the fabric, so that a plain route can lead through it. */
export function isOnLink(fabric: Fabric, address: string): boolean {
  const ip = parseIp(address);
  return (
    ip !== undefined &&
    fabric.networks.some((network) => {
      const cidr = parseCidr(network);
      return cidr !== undefined && cidrContains(cidr, ip);
    })
  );
}
