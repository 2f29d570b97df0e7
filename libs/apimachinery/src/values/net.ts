/**
 * Addresses and networks of both families. What is IPv4 alone (`parseIp`, `Cidr`) calculates with numbers, for paths that run per
 * packet or pod; what may be of either family (`parseAddress`, `Network`) with bigints.
 */

/** An IPv4 network: `base` is its first address as a number, `size` how many addresses it holds. */
export interface Cidr {
  readonly base: number;
  readonly prefix: number;
  readonly size: number;
}

const [DOT, ZERO, NINE, COLON, LETTER_A, LETTER_F] = [46, 48, 57, 58, 97, 102];
/** Of `255.255.255.255`. */
const MOST_CHARACTERS = 15;

/** The number of an IPv4 address in dotted form, or undefined when the text is none (leading zeros are refused). */
export function parseIp(text: string): number | undefined {
  if (text.length > MOST_CHARACTERS) return undefined;
  let [address, octets, octet, digits] = [0, 0, 0, 0];
  for (let at = 0; at <= text.length; at++) {
    const code = at === text.length ? DOT : text.charCodeAt(at);
    if (code === DOT) {
      if (digits === 0 || octet > 255 || octets === 4) return undefined;
      address = address * 256 + octet;
      octets += 1;
      [octet, digits] = [0, 0];
    } else {
      const isLeadingZero = digits > 0 && octet === 0;
      if (code < ZERO || code > NINE || isLeadingZero) return undefined;
      octet = octet * 10 + code - ZERO;
      digits += 1;
    }
  }
  return octets === 4 ? address : undefined;
}

/** The dotted form of an IPv4 address. */
export function formatIp(address: number): string {
  return [address >>> 24, (address >>> 16) & 255, (address >>> 8) & 255, address & 255].join('.');
}

/** The eight groups of an IPv6 address (RFC 4291 text form, with an optional dotted tail); undefined when it is none. */
export function parseIpv6(text: string): readonly number[] | undefined {
  if (text.length > 45) return undefined;
  const groups: number[] = [];
  let gap = text.startsWith('::') ? 0 : -1;
  for (let at = gap === 0 ? 2 : 0; at < text.length;) {
    const end = endOfHex(text, at);
    if (text.charCodeAt(end) === DOT) {
      const dotted = parseIp(text.slice(at));
      if (dotted === undefined) return undefined;
      groups.push(dotted >>> 16, dotted & 0xffff);
      break;
    }
    if (end === at || end - at > 4) return undefined;
    groups.push(parseInt(text.slice(at, end), 16));
    if (end === text.length) break;
    if (text.charCodeAt(end) !== COLON || end + 1 === text.length) return undefined;
    const isGap = text.charCodeAt(end + 1) === COLON;
    if (isGap && gap >= 0) return undefined;
    if (isGap) gap = groups.length;
    at = end + (isGap ? 2 : 1);
  }
  const missing = 8 - groups.length;
  if (gap < 0) return missing === 0 ? groups : undefined;
  if (missing < 1) return undefined;
  groups.splice(gap, 0, ...ZEROS.slice(0, missing));
  return groups;
}

const ZEROS: readonly number[] = [0, 0, 0, 0, 0, 0, 0, 0];

/** Where the hexadecimal digits end that begin there. */
function endOfHex(text: string, from: number): number {
  let end = from;
  for (; end < text.length; end++) {
    const code = text.charCodeAt(end);
    const letter = code | 32;
    if ((code < ZERO || code > NINE) && (letter < LETTER_A || letter > LETTER_F)) break;
  }
  return end;
}

/** Whether the text is an IPv6 address. */
export function isIpv6(text: string): boolean {
  return parseIpv6(text) !== undefined;
}

/** Whether the text is an address of either family. */
export function isIp(text: string): boolean {
  return parseIp(text) !== undefined || isIpv6(text);
}

/** Reads `10.96.0.0/16`; undefined when it is no IPv4 network. Host bits are cleared. */
export function parseCidr(text: string): Cidr | undefined {
  const slash = text.indexOf('/');
  const address = slash < 0 ? undefined : parseIp(text.slice(0, slash));
  const length = text.slice(slash + 1);
  if (address === undefined || !/^\d{1,2}$/.test(length)) return undefined;
  const prefix = Number(length);
  if (prefix > 32) return undefined;
  const size = 2 ** (32 - prefix);
  return { base: address - (address % size), prefix, size };
}

/** `10.96.0.0/16` of a network. */
export function formatCidr(cidr: Cidr): string {
  return `${formatIp(cidr.base)}/${cidr.prefix}`;
}

/** Whether an address lies in a network. */
export function cidrContains(cidr: Cidr, address: number): boolean {
  return address >= cidr.base && address < cidr.base + cidr.size;
}

/** Whether all of a network lies in another. */
export function cidrWithin(inner: Cidr, outer: Cidr): boolean {
  return inner.prefix >= outer.prefix && cidrContains(outer, inner.base);
}

/** Whether two networks have an address in common. */
export function cidrsOverlap(a: Cidr, b: Cidr): boolean {
  return cidrWithin(a, b) || cidrWithin(b, a);
}

/** The `index`-th network of length `prefix` inside a network; undefined when there are not as many. */
export function subnetOf(cidr: Cidr, prefix: number, index: number): Cidr | undefined {
  const size = 2 ** (32 - prefix);
  const base = cidr.base + index * size;
  if (prefix < cidr.prefix || prefix > 32 || index < 0 || base + size > cidr.base + cidr.size) return undefined;
  return { base, prefix, size };
}

/** A network of either family: its first address as a number, and how many of its leading bits are fixed. */
export interface Network {
  readonly family: 4 | 6;
  readonly address: bigint;
  readonly base: bigint;
  readonly prefix: number;
}

/** A family as Kubernetes names it in `ipFamilies` and `addressType`. */
export type IpFamily = 'IPv4' | 'IPv6';

/** The family of an address; undefined when the text is none. */
export function ipFamilyOf(text: string): IpFamily | undefined {
  if (parseIp(text) !== undefined) return 'IPv4';
  return isIpv6(text) ? 'IPv6' : undefined;
}

/** Reads `10.9.8.0/24` or `2001:db8::/64`; undefined when it is neither. `address` has the bits behind the prefix, `base` not. */
export function parseNetwork(text: string): Network | undefined {
  const [host = '', length = '', ...more] = text.split('/');
  const address = parseAddress(host);
  const family = host.includes(':') ? 6 : 4;
  if (address === undefined || more.length > 0 || !/^\d{1,3}$/.test(length)) return undefined;
  return networkAt(family, address, Number(length));
}

/** The network of `prefix` leading bits around an address; undefined when an address has not as many bits. */
function networkAt(family: 4 | 6, address: bigint, prefix: number): Network | undefined {
  if (prefix > BITS[family]) return undefined;
  const rest = BigInt(BITS[family] - prefix);
  return { family, address, base: (address >> rest) << rest, prefix };
}

const BITS = { 4: 32, 6: 128 } as const;

/** The number of an address of either family; undefined when the text is none. */
export function parseAddress(text: string): bigint | undefined {
  const v4 = parseIp(text);
  if (v4 !== undefined) return BigInt(v4);
  return parseIpv6(text)?.reduce((value, group) => (value << 16n) | BigInt(group), 0n);
}

/** The text of an address, in the form that RFC 5952 asks for. */
export function formatAddress(family: 4 | 6, address: bigint): string {
  if (family === 4) return formatIp(Number(address));
  return formatIpv6(Array.from({ length: 8 }, (_, i) => Number((address >> BigInt(112 - 16 * i)) & 0xffffn)));
}

/** `10.96.0.0/16` or `fd00:10:96::/112` of a network, without the bits behind the prefix. */
export function formatNetwork({ family, base, prefix }: Network): string {
  return `${formatAddress(family, base)}/${prefix}`;
}

/** An IPv4 network as those of either family are. */
export function networkOf({ base, prefix }: Cidr): Network {
  return { family: 4, address: BigInt(base), base: BigInt(base), prefix };
}

/** How many addresses a network has. */
export function networkSize({ family, prefix }: Network): bigint {
  return 1n << BigInt(BITS[family] - prefix);
}

/** At which place in a network an address is, from 0; undefined when it is none of the network's, or the text is no address. */
export function indexInNetwork(network: Network, text: string): bigint | undefined {
  const address = parseAddress(text);
  if (address === undefined || text.includes(':') !== (network.family === 6)) return undefined;
  const index = address - network.base;
  return index >= 0n && index < networkSize(network) ? index : undefined;
}

/** Whether an address lies in a network; one of the other family lies in none. */
export function networkContains(network: Network, text: string): boolean {
  return indexInNetwork(network, text) !== undefined;
}

/** The text of the `index`-th address of a network, from 0; undefined when there are not as many. */
export function nthAddress(network: Network, index: bigint): string | undefined {
  if (index < 0n || index >= networkSize(network)) return undefined;
  return formatAddress(network.family, network.base + index);
}

/** The `index`-th network of length `prefix` inside a network, from 0; undefined when there are not as many. */
export function nthSubnet(network: Network, prefix: number, index: bigint): Network | undefined {
  if (prefix < network.prefix || prefix > BITS[network.family] || index < 0n) return undefined;
  if (index >> BigInt(prefix - network.prefix) > 0n) return undefined;
  return networkAt(network.family, network.base + (index << BigInt(BITS[network.family] - prefix)), prefix);
}

/** Whether all of a network lies in another. */
export function networkWithin(inner: Network, outer: Network): boolean {
  if (inner.family !== outer.family || inner.prefix < outer.prefix) return false;
  const rest = BigInt(BITS[outer.family] - outer.prefix);
  return inner.base >> rest === outer.base >> rest;
}

/** Whether all of a network lies in another, which is larger. */
export function isStrictlyWithin(inner: Network, outer: Network): boolean {
  return inner.prefix > outer.prefix && networkWithin(inner, outer);
}

/** Whether two networks have an address in common. */
export function networksOverlap(a: Network, b: Network): boolean {
  return networkWithin(a, b) || networkWithin(b, a);
}

/** The text form of an address that RFC 5952 asks for; undefined when the text is none. */
export function canonicalIp(text: string): string | undefined {
  const v4 = parseIp(text);
  if (v4 !== undefined) return formatIp(v4);
  const groups = parseIpv6(text);
  return groups === undefined ? undefined : formatIpv6(groups);
}

function formatIpv6(groups: readonly number[]): string {
  if (groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff) {
    return `::ffff:${formatIp((groups[6] ?? 0) * 0x10000 + (groups[7] ?? 0))}`;
  }
  const { from, length } = longestZeros(groups);
  if (length < 2) return hexOf(groups);
  return `${hexOf(groups.slice(0, from))}::${hexOf(groups.slice(from + length))}`;
}

function hexOf(groups: readonly number[]): string {
  return groups.map((group) => group.toString(16)).join(':');
}

/** The first of the longest runs of zeros. */
function longestZeros(groups: readonly number[]): { from: number; length: number } {
  let best = { from: 0, length: 0 };
  let from = 0;
  for (const [index, group] of groups.entries()) {
    if (group !== 0) from = index + 1;
    else if (index + 1 - from > best.length) best = { from, length: index + 1 - from };
  }
  return best;
}
