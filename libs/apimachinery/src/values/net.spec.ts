import { isIPv6 } from 'node:net';
import fc from 'fast-check';
import {
  canonicalIp,
  cidrContains,
  cidrWithin,
  cidrsOverlap,
  formatAddress,
  formatCidr,
  formatIp,
  formatNetwork,
  indexInNetwork,
  ipFamilyOf,
  isIp,
  isIpv6,
  isStrictlyWithin,
  type Network,
  networkContains,
  networkSize,
  networksOverlap,
  networkWithin,
  nthAddress,
  nthSubnet,
  parseAddress,
  parseCidr,
  parseNetwork,
  parseIp,
  subnetOf,
} from './net';

describe('addresses and networks', () => {
  it('reads dotted addresses and refuses what only looks like one', () => {
    expect(parseIp('10.96.0.1')).toBe(0x0a600001);
    for (const wrong of ['10.96.0', '10.96.0.256', '010.1.1.1', '1.2.3.4.5', 'a.b.c.d', '', '1.2.3.4 ']) {
      expect(parseIp(wrong)).toBeUndefined();
    }
  });

  it('writes every address the way it reads it', () => {
    fc.assert(fc.property(fc.nat(0xffffffff), (address) => parseIp(formatIp(address)) === address));
  });

  it('knows IPv6 when it sees it', () => {
    for (const right of ['::', '::1', 'fe80::1', '2001:db8::ffff', '1:2:3:4:5:6:7:8', '::ffff:10.0.0.1'])
      expect(isIpv6(right)).toBe(true);
    for (const wrong of [
      '1:2:3',
      ':::',
      '1::2::3',
      '12345::',
      'g::1',
      '1:2:3:4:5:6:7:8:9',
      '10.0.0.1',
      '::ffff:10.0.0.999',
    ]) {
      expect(isIpv6(wrong)).toBe(false);
    }
    expect(isIp('10.0.0.1')).toBe(true);
  });

  it('clears the host bits of a network and knows its members', () => {
    const cidr = parseCidr('10.96.3.4/16');
    expect(cidr).toEqual({ base: 0x0a600000, prefix: 16, size: 65536 });
    if (cidr === undefined) return;
    expect(formatCidr(cidr)).toBe('10.96.0.0/16');
    expect(cidrContains(cidr, parseIp('10.96.255.255') ?? 0)).toBe(true);
    expect(cidrContains(cidr, parseIp('10.97.0.0') ?? 0)).toBe(false);
  });

  it.each(['10.96.0.0', '10.96.0.0/33', '10.96.0.0/', '10.96/16', '/16', '10.96.0.0/a'])('%s is no network', (text) => {
    expect(parseCidr(text)).toBeUndefined();
  });

  it.each([
    ['10.244.1.0/24', '10.244.0.0/16', true, true],
    ['10.244.0.0/16', '10.244.1.0/24', false, true],
    ['10.244.1.0/24', '10.244.1.0/24', true, true],
    ['10.244.1.0/24', '10.244.2.0/24', false, false],
    ['0.0.0.0/1', '10.244.0.0/16', false, true],
  ])('%s within %s: %s, overlapping: %s', (inner, outer, within, overlapping) => {
    const [a, b] = [parseCidr(inner), parseCidr(outer)];
    if (a === undefined || b === undefined) throw new Error('both are networks');
    expect(cidrWithin(a, b)).toBe(within);
    expect(cidrsOverlap(a, b)).toBe(overlapping);
  });

  it('cuts a network into smaller ones until there are none left', () => {
    const cluster = parseCidr('10.244.0.0/16');
    if (cluster === undefined) throw new Error('the cluster has a network');
    const third = subnetOf(cluster, 24, 2);
    expect(third && formatCidr(third)).toBe('10.244.2.0/24');
    expect(subnetOf(cluster, 24, 256)).toBeUndefined();
    expect(subnetOf(cluster, 8, 0)).toBeUndefined();
  });
});

describe('addresses and networks of either family', () => {
  const network = (text: string): Network => {
    const read = parseNetwork(text);
    if (read === undefined) throw new Error(`${text} is a network`);
    return read;
  };
  const anyV6 = fc.bigInt({ min: 0n, max: (1n << 128n) - 1n });

  it.each([
    ['2001:0DB8:0:0:0:0:0:1', '2001:db8::1'],
    ['::', '::'],
    ['0:0:0:0:0:0:0:1', '::1'],
    ['1:0:0:0:0:0:0:0', '1::'],
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['2001:0:0:1:0:0:0:1', '2001:0:0:1::1'],
    ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['::ffff:a00:1', '::ffff:10.0.0.1'],
    ['10.0.0.1', '10.0.0.1'],
  ])('%s is written as %s', (text, canonical) => {
    expect(canonicalIp(text)).toBe(canonical);
    expect(formatAddress(text.includes(':') ? 6 : 4, parseAddress(text) ?? -1n)).toBe(canonical);
  });

  it('writes every IPv6 address the way it reads it', () => {
    fc.assert(fc.property(anyV6, (address) => parseAddress(formatAddress(6, address)) === address));
  });

  it('reads exactly the texts that are IPv6 addresses', () => {
    // Node's own judgement, which knows zones besides.
    const character = fc.constantFrom(...'::::0019afAF.g %'.split(''));
    const text = fc.string({ unit: character, maxLength: 20 });
    fc.assert(fc.property(text, (given) => isIpv6(given) === (isIPv6(given) && !given.includes('%'))));
    const good = ['::', '1::', '::1', '1:2:3:4:5:6:7:8', '1:2:3:4:5:6:7::', '::1.2.3.4', '1:2:3:4:5:6:1.2.3.4'];
    expect(good.filter((given) => !isIpv6(given))).toEqual([]);
    const bad = [':', ':::', '1:', ':1', '1::2::3', '1.2.3.4::', '1:2:3:4:5:6:7:8:9', '1:2:3:4:5:6:7:8::', '12345::'];
    expect(bad.filter(isIpv6)).toEqual([]);
  });

  it('tells the families apart', () => {
    expect(['10.0.0.1', 'fd00::1', '::ffff:10.0.0.1', 'fd00::/8', ''].map(ipFamilyOf)).toEqual([
      'IPv4',
      'IPv6',
      'IPv6',
      undefined,
      undefined,
    ]);
  });

  it('clears the host bits, and counts', () => {
    expect(formatNetwork(network('fd00:10:96::7/112'))).toBe('fd00:10:96::/112');
    expect(formatNetwork(network('10.96.3.4/16'))).toBe('10.96.0.0/16');
    expect(networkSize(network('fd00:10:96::/112'))).toBe(65536n);
    expect(networkSize(network('::/0'))).toBe(1n << 128n);
    expect(['fd00::/129', 'fd00::', '10.0.0.0/33', 'fd00::/64/64', '/64'].map(parseNetwork)).toEqual(
      Array.from({ length: 5 }, () => undefined),
    );
  });

  it('gives the nth address, and says which it is', () => {
    const services = network('fd00:10:96::/112');
    expect(nthAddress(services, 0xan)).toBe('fd00:10:96::a');
    expect(nthAddress(services, 0xffffn)).toBe('fd00:10:96::ffff');
    expect([nthAddress(services, 0x10000n), nthAddress(services, -1n)]).toEqual([undefined, undefined]);
    expect(indexInNetwork(services, 'fd00:10:96:0::000a')).toBe(10n);
    expect(indexInNetwork(network('10.96.0.0/16'), '10.96.1.0')).toBe(256n);
  });

  it('has as members only addresses of its own family', () => {
    expect(networkContains(network('::/0'), '10.0.0.1')).toBe(false);
    expect(networkContains(network('0.0.0.0/0'), '::1')).toBe(false);
    expect(networkContains(network('fd00:10:244::/64'), 'fd00:10:244:0:ffff::1')).toBe(true);
    expect(networkContains(network('fd00:10:244::/64'), 'fd00:10:244:1::1')).toBe(false);
  });

  it('is cut into smaller ones until there are none left', () => {
    const cluster = network('fd00:10:244::/56');
    const subnet = (prefix: number, index: bigint) => {
      const found = nthSubnet(cluster, prefix, index);
      return found && formatNetwork(found);
    };
    expect(subnet(64, 0n)).toBe('fd00:10:244::/64');
    expect(subnet(64, 255n)).toBe('fd00:10:244:ff::/64');
    expect([subnet(64, 256n), subnet(48, 0n), subnet(129, 0n), subnet(64, -1n)]).toEqual(
      Array.from({ length: 4 }, () => undefined),
    );
  });

  it.each([
    ['fd00:10:244:1::/64', 'fd00:10:244::/56', true, true],
    ['fd00:10:244::/56', 'fd00:10:244:1::/64', false, true],
    ['fd00:10:244:1::/64', 'fd00:10:244:2::/64', false, false],
    ['10.0.0.0/8', '::/0', false, false],
  ])('%s within %s: %s, overlapping: %s', (inner, outer, within, overlapping) => {
    expect(networkWithin(network(inner), network(outer))).toBe(within);
    expect(isStrictlyWithin(network(inner), network(outer))).toBe(within);
    expect(networksOverlap(network(inner), network(outer))).toBe(overlapping);
    expect(isStrictlyWithin(network(inner), network(inner))).toBe(false);
  });
});
