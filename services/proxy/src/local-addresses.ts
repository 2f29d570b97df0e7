import { BlockList, isIPv4 } from 'node:net';
import { networkInterfaces } from 'node:os';

/** The addresses that a list means: those in it, and for a network in it this machine's addresses there. */
export function localAddresses(wanted: readonly string[]): string[] {
  const own = Object.values(networkInterfaces()).flatMap((all) => (all ?? []).map(({ address }) => address));
  const found = wanted.flatMap((item) => (item.includes('/') ? own.filter((ip) => inNetwork(ip, item)) : [item]));
  return [...new Set(found)];
}

/** Whether an IPv4 address lies in a network such as `127.0.0.0/8`. */
function inNetwork(address: string, network: string): boolean {
  const [base = '', prefix = '32'] = network.split('/');
  const list = new BlockList();
  list.addSubnet(base, Number(prefix), 'ipv4');
  return isIPv4(address) && list.check(address, 'ipv4');
}
