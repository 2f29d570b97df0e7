import fc from 'fast-check';
import {
  cidrContains,
  cidrWithin,
  cidrsOverlap,
  formatCidr,
  formatIp,
  isIp,
  isIpv6,
  parseCidr,
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
