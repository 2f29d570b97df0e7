import type { Duplex } from 'node:stream';
import fc from 'fast-check';
import { SpdyConnection, SpdyError, type SpdyLimits, type SpdyStream } from '.';
import { controlFrame, dataHead, TYPE, words } from './frames';
import { HeaderWriter } from './header-block';
import { pair } from './testing/pair';

const text = async (stream: Duplex): Promise<string> => {
  const parts: Buffer[] = [];
  for await (const part of stream.iterator({ destroyOnReturn: false })) parts.push(part as Buffer);
  return Buffer.concat(parts).toString();
};
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function connected(
  onStream: (stream: SpdyStream) => void,
  limits: Partial<SpdyLimits> = {},
): { client: SpdyConnection; server: SpdyConnection; raw: Duplex } {
  const [near, far] = pair();
  return {
    raw: near,
    client: new SpdyConnection(near, { server: false }),
    server: new SpdyConnection(far, { server: true, onStream, limits }),
  };
}

/** A server whose other side writes bytes. */
function served(limits: Partial<SpdyLimits> = {}): { server: SpdyConnection; raw: Duplex; streams: SpdyStream[] } {
  const [raw, far] = pair();
  const streams: SpdyStream[] = [];
  const server = new SpdyConnection(far, { server: true, limits, onStream: (stream) => streams.push(stream) });
  raw.resume();
  return { server, raw, streams };
}

const synStream = (id: number, writer = new HeaderWriter(), headers = {}): Buffer =>
  controlFrame(TYPE.synStream, 0, Buffer.concat([words(id, 0), Buffer.alloc(2), writer.write(headers)]));

describe('a SPDY connection', () => {
  it('carries streams both ways, with their headers, and each half ends by itself', async () => {
    const { client } = connected((stream) => {
      stream.reply();
      void text(stream).then((heard) => stream.end(`${stream.headers['streamtype']} said ${heard}`));
    });
    const streams = ['stdin', 'error'].map((streamtype) => client.open({ streamtype }));
    for (const stream of streams) stream.end('hello');
    expect(await Promise.all(streams.map(text))).toEqual(['stdin said hello', 'error said hello']);
    client.close();
    expect(await client.closed).toBeUndefined();
  });

  it('carries large data whole', async () => {
    const sent = 'abcdefghij'.repeat(300_000);
    const { client } = connected((stream) => {
      stream.reply();
      stream.pipe(stream);
    });
    const stream = client.open({});
    stream.end(sent);
    expect((await text(stream)) === sent).toBe(true);
  });

  it('holds its writer back when nobody reads, and lets others pass until then', async () => {
    const opened: SpdyStream[] = [];
    const { client } = connected((stream) => void opened.push(stream), { unread: 100_000 });
    const slow = client.open({});
    const fast = client.open({});
    let sent = 0;
    const write = (): void => {
      if (sent < 10_000_000) slow.write(Buffer.alloc(10_000), () => void ((sent += 10_000), write()));
    };
    write();
    fast.write('passes');
    for (let turns = 0; turns < 2_000; turns++) await turn();
    expect(sent).toBeLessThan(500_000);
    expect(opened[1]?.read()?.toString()).toBe('passes');
    opened[0]?.resume();
    for (let turns = 0; turns < 20_000 && sent < 10_000_000; turns++) await turn();
    expect(sent).toBe(10_000_000);
  });

  it('answers pings, and tells when its own are answered', async () => {
    const { client, server } = connected(() => undefined);
    await Promise.all([client.ping(), server.ping()]);
  });

  it.each(['reset', 'closed'])('has what came before a stream was %s read to its end', async (how) => {
    let opened: SpdyStream | undefined;
    const { client, server } = connected((stream) => {
      opened = stream;
      stream.reply();
      stream.write('last words', () => (how === 'reset' ? stream.destroy() : server.close()));
    });
    const stream = client.open({});
    for (let turns = 0; turns < 20 && opened?.destroyed !== true; turns++) await turn();
    expect(await text(stream)).toBe('last words');
    await turn();
    expect(stream.destroyed).toBe(true);
  });

  it('resets what is destroyed, on both sides', async () => {
    const opened: SpdyStream[] = [];
    const { client, server } = connected((stream) => void opened.push(stream));
    const stream = client.open({});
    await client.ping();
    stream.destroy();
    await client.ping();
    expect([opened[0]?.destroyed, server.streams, client.streams]).toEqual([true, [], []]);
  });

  it('ends its streams when the other side goes', async () => {
    const { client, server, raw } = connected((stream) => stream.reply());
    const stream = client.open({});
    await client.ping();
    const [onServer] = server.streams;
    raw.destroy();
    await Promise.all([client.closed, server.closed]);
    expect([stream.destroyed, onServer?.destroyed]).toEqual([true, true]);
  });

  it('refuses streams beyond its limit, each by itself', async () => {
    const { client, server } = connected((stream) => stream.reply(), { streams: 2 });
    const streams = [1, 2, 3].map(() => client.open({}));
    await client.ping();
    expect(server.streams.map(({ id }) => id)).toEqual([1, 3]);
    expect(streams.map(({ destroyed }) => destroyed)).toEqual([false, false, true]);
  });

  it.each<[string, Buffer[]]>([
    ['a frame of another version', [Buffer.from([0x80, 2, 0, 1, 0, 0, 0, 0])]],
    ['a control frame that is too large', [Buffer.from([0x80, 3, 0, 1, 0, 0xff, 0, 0])]],
    ['a control frame that is too short', [controlFrame(TYPE.ping, 0, Buffer.alloc(2))]],
    ['a stream number of its own', [synStream(2)]],
    ['a stream number that was used', [synStream(3), controlFrame(TYPE.synStream, 0, Buffer.alloc(10))]],
  ])('ends with a reason after %s', async (_, sent) => {
    const { server, raw } = served();
    for (const bytes of sent) raw.write(bytes);
    expect(await server.closed).toBeInstanceOf(SpdyError);
  });

  it('does not mind settings, windows, what is unknown, or data of no stream', async () => {
    const { server, raw, streams } = served();
    raw.write(controlFrame(TYPE.settings, 0, words(1, 4, 65_536)));
    raw.write(controlFrame(TYPE.windowUpdate, 0, words(1, 10)));
    raw.write(controlFrame(77, 0, words(1)));
    raw.write(Buffer.concat([dataHead(9, 1, true), Buffer.from('x')]));
    raw.write(synStream(1));
    raw.write(Buffer.concat([dataHead(1, 1, true), Buffer.from('x'), dataHead(1, 1, true), Buffer.from('y')]));
    raw.end();
    expect(await server.closed).toBeUndefined();
    expect(streams).toHaveLength(1);
  });

  it('takes frames however they are cut', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 20 }), async (cuts) => {
        const { server, raw, streams } = served();
        const heads = new HeaderWriter();
        const all = Buffer.concat([
          synStream(1, heads, { streamtype: 'stdin' }),
          ...['ab', 'c', ''].flatMap((part) => [dataHead(1, part.length, part === ''), Buffer.from(part)]),
          synStream(3, heads, { streamtype: 'error' }),
        ]);
        for (let at = 0, index = 0; at < all.length; index++) {
          const size = cuts[index % cuts.length] ?? 1;
          raw.write(all.subarray(at, at + size));
          at += size;
        }
        while (streams.length < 2) await turn();
        expect(streams.map(({ headers }) => headers['streamtype'])).toEqual(['stdin', 'error']);
        expect(await text(streams[0] as SpdyStream)).toBe('abc');
        server.destroy();
      }),
      { numRuns: 50 },
    );
  });

  it('neither throws nor hangs, whatever comes', async () => {
    const frame = fc.oneof(
      fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
      fc
        .tuple(fc.integer({ min: 0, max: 12 }), fc.nat(255), fc.uint8Array({ maxLength: 40 }))
        .map(([type, flags, payload]) => controlFrame(type, flags, Buffer.from(payload))),
      fc
        .tuple(fc.nat(7), fc.boolean(), fc.uint8Array({ maxLength: 40 }))
        .map(([id, fin, data]) => Buffer.concat([dataHead(id, data.length, fin), data])),
      fc.nat(9).map((id) => synStream(id)),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(frame, { maxLength: 12 }), async (frames) => {
        const { server, raw } = served();
        for (const bytes of frames) raw.write(bytes);
        raw.end();
        const ended = await server.closed;
        expect(ended === undefined || ended instanceof Error).toBe(true);
        expect(server.streams).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });
});
