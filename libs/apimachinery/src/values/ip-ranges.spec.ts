import { familiesOf, parseIpPair, parseIpRanges } from './ip-ranges';
import { parseCidr, parseNetwork } from './net';

describe('the ranges of a cluster', () => {
  const rangesOf = (text: string) => {
    const ranges = parseIpRanges(text);
    if (ranges instanceof Error) throw ranges;
    return ranges;
  };

  it('are of IPv4, or of both families', () => {
    const v4 = parseCidr('10.96.0.0/16');
    expect(rangesOf('10.96.0.0/16')).toEqual({ v4 });
    for (const pair of ['10.96.0.0/16,fd00:10:96::/112', '10.96.0.0/16, fd00:10:96::/112']) {
      expect(rangesOf(pair)).toEqual({ v4, v6: parseNetwork('fd00:10:96::/112') });
    }
    expect(familiesOf(rangesOf('10.96.0.0/16'))).toEqual(['IPv4']);
    expect(familiesOf(rangesOf('10.96.0.0/16,fd00::/112'))).toEqual(['IPv4', 'IPv6']);
  });

  it.each([
    ['fd00:10:96::/112', 'is IPv6 alone; IPv4 comes first'],
    ['fd00:10:96::/112,10.96.0.0/16', 'begins with IPv6; IPv4 comes first'],
    ['10.96.0.0/16,10.97.0.0/16', 'has two IPv4 ranges'],
    ['10.96.0.0/16,fd00::/129', 'has "fd00::/129", which is no IPv6 range'],
    ['10.96.0.0/16,', 'has "", which is no IPv6 range'],
    ['10.96.0.0/16,fd00::/112,fd01::/112', 'has more than one range of a family'],
    ['10.96.0.0/99', 'is no IPv4 range'],
    ['', 'is no IPv4 range'],
  ])('are not %p, and the error says what is right', (text, reason) => {
    const message = (parseIpRanges(text) as Error).message;
    expect(message).toContain(`is "${text}", which ${reason}`);
    expect(message).toContain('an IPv4 range, or an IPv4 and an IPv6 range with a comma between');
  });
});

describe('the addresses of a node', () => {
  it('are one of IPv4, or one of each family', () => {
    expect(parseIpPair('192.0.2.1')).toEqual(['192.0.2.1']);
    expect(parseIpPair('192.0.2.1, 2001:db8::1')).toEqual(['192.0.2.1', '2001:db8::1']);
  });

  it.each(['', '::1', '2001:db8::1,192.0.2.1', '192.0.2.1,192.0.2.2', '192.0.2.1,::1,::2', 'node'])(
    'are not %p',
    (text) => {
      expect((parseIpPair(text) as Error).message).toContain('192.0.2.1,2001:db8::1');
    },
  );
});
