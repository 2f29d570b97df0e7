import { networkInterfaces } from 'node:os';
import { type Network, networkContains, parseNetwork } from '@shiplog/apimachinery';

/** The addresses that a list means: those in it, and for a network in it this machine's addresses there. */
export function localAddresses(wanted: readonly string[]): string[] {
  const own = Object.values(networkInterfaces()).flatMap((all) => (all ?? []).map(({ address }) => address));
  const found = wanted.flatMap((item) => (item.includes('/') ? own.filter((ip) => inNetwork(ip, item)) : [item]));
  return [...new Set(found)];
}

/** Whether an address can be listened on, and lies in a network such as `127.0.0.0/8`. Link-local ones are of a link, which nobody can name. */
function inNetwork(address: string, text: string): boolean {
  const network = parseNetwork(text);
  return network !== undefined && networkContains(network, address) && !networkContains(LINK_LOCAL, address);
}

const LINK_LOCAL = parseNetwork('fe80::/10') as Network;
