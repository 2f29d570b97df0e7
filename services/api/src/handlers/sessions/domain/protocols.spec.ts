import fc from 'fast-check';
import { BASE64, BINARY } from './channel-codec';
import { Lines } from './lines';
import { channelProtocol, spdyVersion } from './protocols';

describe('the protocol of a session', () => {
  it.each<[string[], string | undefined]>([
    [['v5.channel.k8s.io'], 'v5.channel.k8s.io'],
    [['v4.channel.k8s.io', 'v5.channel.k8s.io'], 'v4.channel.k8s.io'],
    [['v9.channel.k8s.io', 'base64.channel.k8s.io'], 'base64.channel.k8s.io'],
    [[], ''],
    [['other'], undefined],
  ])('over a WebSocket, of those offered (%j), is %s', (offered, name) => {
    expect(channelProtocol(offered)?.name).toBe(name);
  });

  it.each<[string[], string | undefined]>([
    [['v4.channel.k8s.io', 'v3.channel.k8s.io'], 'v4.channel.k8s.io'],
    [['v5.channel.k8s.io', 'v2.channel.k8s.io'], 'v2.channel.k8s.io'],
    [[], 'channel.k8s.io'],
    [['other'], undefined],
  ])('over SPDY, of those offered (%j), is %s', (offered, name) => {
    expect(spdyVersion(offered)).toBe(name);
  });
});

describe('the channels of a WebSocket', () => {
  it.each([
    ['bytes', BINARY],
    ['base64', BASE64],
  ])('are read as they were written, in %s', (_, codec) => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 9 }), fc.uint8Array(), (channel, data) => {
        const read = codec.decode(codec.encode(channel, data));
        expect([read?.channel, Buffer.from(read?.data ?? [])]).toEqual([channel, Buffer.from(data)]);
      }),
    );
  });

  it('are none in what is no message of the protocol', () => {
    expect([BINARY.decode(''), BASE64.decode(''), BASE64.decode('x')]).toEqual([undefined, undefined, undefined]);
  });
});

describe('lines', () => {
  it('are whole, however they are cut', () => {
    const sizes = ['{"Width":1,"Height":2}', '{"Width":3,"Height":4}'];
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1 }), (cuts) => {
        const all = Buffer.from(sizes.map((size) => `${size}\n`).join(''));
        const lines = new Lines();
        const found: string[] = [];
        for (let at = 0, index = 0; at < all.length; index++) {
          const size = cuts[index % cuts.length] ?? 1;
          found.push(...lines.add(all.subarray(at, at + size)).map(String));
          at += size;
        }
        expect(found).toEqual(sizes);
      }),
    );
  });

  it('that are too long are dropped', () => {
    const lines = new Lines();
    expect(lines.add(Buffer.alloc(5_000, 'x'))).toEqual([]);
    expect(lines.add(Buffer.from('\nok\n')).map(String)).toEqual(['ok']);
  });
});
