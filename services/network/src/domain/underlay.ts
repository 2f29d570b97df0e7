import { cidrContains, networkContains, parseCidr, parseIp, parseNetwork } from '@shiplog/apimachinery';
import { addressesOf, addressesV6Of, type Observed, type ObservedLink } from './observed';

/** The way to the other nodes: an interface, and this node's address on it. */
export interface Underlay {
  readonly device: string;
  readonly address: string;
  readonly mtu: number;
  /** The networks that can be reached on it without a gateway. */
  readonly networks: readonly string[];
  /** The same of IPv6; not there where it has none. */
  readonly networksV6?: readonly string[];
}

/** Finds the underlay: by name, else by the node's address, else by the default route. Undefined while there is none. */
export function findUnderlay(observed: Observed, wanted: { device: string; address: string }): Underlay | undefined {
  const link = underlayLink(observed, wanted);
  if (link === undefined) return undefined;
  const networks = addressesOf(link);
  const address = wanted.address === '' ? networks[0]?.split('/')[0] : wanted.address;
  if (address === undefined) return undefined;
  const networksV6 = addressesV6Of(link);
  return {
    device: link.ifname,
    address,
    mtu: link.mtu,
    networks,
    ...(networksV6.length === 0 ? {} : { networksV6 }),
  };
}

function underlayLink(
  { links, routes }: Observed,
  wanted: { device: string; address: string },
): ObservedLink | undefined {
  if (wanted.device !== '') return links.find((link) => link.ifname === wanted.device);
  const holds = (link: ObservedLink): boolean =>
    addressesOf(link).some((address) => address.startsWith(`${wanted.address}/`));
  if (wanted.address !== '') return links.find(holds);
  const device = routes.find((route) => route.dst === 'default')?.dev;
  return links.find((link) => link.ifname === device);
}

/** Whether an address is a neighbour on the underlay, so that a plain route can lead through it. */
export function isOnLink(underlay: Underlay, address: string): boolean {
  const ip = parseIp(address);
  return (
    ip !== undefined &&
    underlay.networks.some((network) => {
      const cidr = parseCidr(network);
      return cidr !== undefined && cidrContains(cidr, ip);
    })
  );
}

/** The same for an address of IPv6. */
export function isOnLinkV6({ networksV6 = [] }: Underlay, address: string): boolean {
  return networksV6.some((text) => {
    const network = parseNetwork(text);
    return network !== undefined && networkContains(network, address);
  });
}
