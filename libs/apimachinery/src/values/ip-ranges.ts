import { type Cidr, type IpFamily, ipFamilyOf, type Network, parseCidr, parseNetwork } from './net';

/** Where a cluster's pods, a node's pods or its Services have their addresses: IPv4, and beside it IPv6 in a dual-stack cluster. */
export interface IpRanges {
  readonly v4: Cidr;
  readonly v6?: Network;
}

const EXAMPLE = '10.0.0.0/16,fd00:10::/112';
const RIGHT = `an IPv4 range, or an IPv4 and an IPv6 range with a comma between, as ${EXAMPLE}`;

/**
 * Reads `10.96.0.0/16` or `10.96.0.0/16,fd00:10:96::/112`, as Kubernetes writes the ranges of a cluster. The message of the Error says
 * what is wrong and what is right, and follows the name of a setting.
 */
export function parseIpRanges(text: string): IpRanges | Error {
  const wrong = (reason: string): Error => new Error(`is "${text}", which ${reason}`);
  const [first = '', second, ...more] = text.split(',').map((part) => part.trim());
  const v4 = parseCidr(first);
  if (more.length > 0) return wrong(`has more than one range of a family; give ${RIGHT}`);
  if (v4 === undefined && parseNetwork(first)?.family === 6) {
    return wrong(`${second === undefined ? 'is IPv6 alone' : 'begins with IPv6'}; IPv4 comes first: give ${RIGHT}`);
  }
  if (v4 === undefined) return wrong(`is no IPv4 range; give ${RIGHT}`);
  if (second === undefined) return { v4 };
  const v6 = parseNetwork(second);
  if (v6?.family === 4) return wrong(`has two IPv4 ranges; give ${RIGHT}`);
  return v6 === undefined ? wrong(`has "${second}", which is no IPv6 range; give ${RIGHT}`) : { v4, v6 };
}

/** The addresses of one thing, the one of the family that clusters have first: `192.0.2.1` or `192.0.2.1,2001:db8::1`. */
export function parseIpPair(text: string): readonly string[] | Error {
  const ips = text.split(',').map((part) => part.trim());
  const families = ips.map(ipFamilyOf).join();
  if (families === 'IPv4' || families === 'IPv4,IPv6') return ips;
  const right = 'an IPv4 address, or an IPv4 and an IPv6 address with a comma between, as 192.0.2.1,2001:db8::1';
  return new Error(`is "${text}", which is not ${right}`);
}

/** The families that there are ranges of, the primary one first. */
export function familiesOf({ v6 }: IpRanges): readonly IpFamily[] {
  return v6 === undefined ? ['IPv4'] : ['IPv4', 'IPv6'];
}
