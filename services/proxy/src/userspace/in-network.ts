import { BlockList, isIPv4 } from 'node:net';

/** Whether an IPv4 address lies in a network such as `127.0.0.0/8`. */
export function inNetwork(address: string, network: string): boolean {
  const [base = '', prefix = '32'] = network.split('/');
  const list = new BlockList();
  list.addSubnet(base, Number(prefix), 'ipv4');
  return isIPv4(address) && list.check(address, 'ipv4');
}
