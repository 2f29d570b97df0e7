import { Dial, StatusError, type PayloadOf } from '@shiplog/contracts';
import { NatsProxy, serveDuplex, TestNats } from '@shiplog/testing';
import { BusUnavailable, StreamBroken, type AcceptableStream, type Bus, type DuplexStream } from '.';

const NODE = 'minion.1';
const dial: PayloadOf<typeof Dial> = { namespace: 'a', pod: 'web', uid: 'u', port: 80, at: 'loopback' };
const NONE = new Uint8Array();
/** What a session may go on for when its other side is gone. */
const SOON_MS = 2_000;
const MEGABYTE = 1024 * 1024;

/** Everything that comes, by channel. */
async function read(stream: DuplexStream): Promise<Record<number, string>> {
  const parts: Record<number, string> = {};
  for await (const { channel, data } of stream.chunks)
    parts[channel] = (parts[channel] ?? '') + Buffer.from(data).toString();
  return parts;
}

const thrown = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    (value) => value,
    (error: unknown) => error,
  );

describe('a stream both ways', () => {
  let nats: TestNats;
  let atApi: NatsProxy;
  let atKubelet: NatsProxy;
  let api: Bus;
  let kubelet: Bus;
  let problems: string[];
  beforeEach(async () => {
    nats = await TestNats.start();
    [atApi, atKubelet] = [await NatsProxy.start(nats.port), await NatsProxy.start(nats.port)];
    problems = [];
    const onError = (error: unknown): unknown => problems.push(String(error));
    api = await nats.bus('api', undefined, { onError, url: atApi.url });
    kubelet = await nats.bus('kubelet', { role: 'kubelet', name: NODE }, { onError, url: atKubelet.url });
  });
  afterEach(async () => {
    await nats.stop();
    await atApi.stop();
    await atKubelet.stop();
    expect(problems).toEqual([]);
  });

  const open = (options?: { signal?: AbortSignal }): Promise<DuplexStream> =>
    api.open(Dial, dial, { node: NODE }, options);
  /** Serves one; resolves with the other side's stream, and what ended it. */
  const serve = async (
    handler: (stream: AcceptableStream) => Promise<void>,
  ): Promise<{ ended: Promise<unknown>; asked: () => number }> => {
    let asked = 0;
    let done: (reason: unknown) => void;
    const ended = new Promise<unknown>((resolve) => (done = resolve));
    await serveDuplex(kubelet, Dial, async (_, stream) => {
      asked++;
      stream.signal.addEventListener('abort', () => done(stream.signal.reason));
      await handler(stream);
    });
    return { ended, asked: () => asked };
  };
  const untilOver = (stream: AcceptableStream): Promise<void> =>
    new Promise((resolve) => stream.signal.addEventListener('abort', () => resolve()));

  it('carries bytes both ways on channels, ends of channels, and ends each way by itself', async () => {
    await serve(async (stream) => {
      stream.accept();
      const received = await read(stream);
      await stream.write(2, Buffer.from('to stderr'));
      await stream.write(1, Buffer.from(`heard ${JSON.stringify(received)}`));
      await stream.write(1, NONE);
    });
    const stream = await open();
    await stream.write(0, Buffer.from('one '));
    await stream.write(0, Buffer.from('two'));
    await stream.write(4, Buffer.from('{}'));
    stream.end();
    expect(await read(stream)).toEqual({ 1: 'heard {"0":"one two","4":"{}"}', 2: 'to stderr' });
    expect(stream.signal.aborted).toBe(false);
  });

  it('carries large data whole and in order, and each writer waits for its reader', async () => {
    const sent = Buffer.alloc(20 * MEGABYTE, 'abcdefghijklmno');
    await serve(async (stream) => {
      stream.accept();
      for await (const { data } of stream.chunks) await stream.write(1, data);
    });
    const stream = await open();
    let written = 0;
    const writing = (async () => {
      for (; written < sent.length; written += MEGABYTE)
        await stream.write(0, sent.subarray(written, written + MEGABYTE));
      stream.end();
    })();
    const parts: Uint8Array[] = [];
    let most = 0;
    let read = 0;
    for await (const { data } of stream.chunks) {
      parts.push(data);
      read += data.length;
      most = Math.max(most, written - read);
      if (read < 2 * MEGABYTE) await new Promise((resolve) => setImmediate(resolve));
    }
    await writing;
    expect(Buffer.concat(parts).equals(sent)).toBe(true);
    // A window each way, and what is in hand.
    expect(most).toBeLessThan(7 * MEGABYTE);
  });

  it('whose reader reads nothing holds its writer, and no other stream', async () => {
    await serve(async (stream) => {
      stream.accept();
      const [first] = await Promise.all([firstOf(stream)]);
      if (first === 'echo') return stream.write(1, Buffer.from('echoed'));
      for (;;) await stream.write(1, Buffer.alloc(32 * 1024));
    });
    const stuck = await open();
    await stuck.write(0, Buffer.from('flood'));
    const other = await open();
    await other.write(0, Buffer.from('echo'));
    expect(await read(other)).toEqual({ 1: 'echoed' });
    stuck.close();
  });

  it('goes on beside 199 others', async () => {
    await serve(async (stream) => {
      stream.accept();
      for await (const { data } of stream.chunks) await stream.write(1, data);
    });
    const streams = await Promise.all(Array.from({ length: 200 }, () => open()));
    const echoed = streams.map(async (stream, index) => {
      await stream.write(0, Buffer.from(`session ${index}`));
      stream.end();
      return read(stream);
    });
    expect(await Promise.all(echoed)).toEqual(streams.map((_, index) => ({ 1: `session ${index}` })));
  });

  it('that is closed while its writer waits for room lets the writer go', async () => {
    const { ended } = await serve(async (stream) => {
      stream.accept();
      await untilOver(stream);
    });
    const stream = await open();
    const writing = thrown(stream.write(0, Buffer.alloc(10 * MEGABYTE)));
    stream.close();
    expect(await writing).toBeInstanceOf(Error);
    await ended;
  });

  it('that is refused tells why, and is asked for once', async () => {
    const { asked } = await serve(() => Promise.reject(new StatusError({ code: 404, message: 'pod does not exist' })));
    await expect(open()).rejects.toMatchObject({ status: { code: 404, message: 'pod does not exist' } });
    expect(asked()).toBe(1);
  });

  it('that nobody serves fails at once', async () => {
    await expect(open()).rejects.toThrow(BusUnavailable);
  });

  it('that its asker no longer wants is not opened', async () => {
    const abort = new AbortController();
    const { ended } = await serve(untilOver);
    const opening = thrown(open({ signal: abort.signal }));
    abort.abort(new Error('the client left'));
    expect(String(await opening)).toContain('the client left');
    await ended;
  });

  it('ends with a reason from either side', async () => {
    let heard: Promise<unknown> = Promise.resolve();
    await serve(async (stream) => {
      stream.accept();
      heard = thrown(read(stream));
      if (JSON.stringify(await heard) !== '{}') throw new StatusError({ code: 500, message: 'the process was killed' });
    });
    const first = await open();
    first.close(new StatusError({ code: 503, message: 'the api is stopping' }));
    expect(await heard).toMatchObject({ status: { message: 'the api is stopping' } });
    const second = await open();
    await second.write(0, Buffer.from('x'));
    second.end();
    await expect(read(second)).rejects.toMatchObject({ status: { message: 'the process was killed' } });
  });

  it.each<[string, () => Promise<void>]>([
    ['who asked goes', () => api.connection.close()],
    ['who answered goes', () => kubelet.connection.close()],
    ['the connection of who asked is cut', () => Promise.resolve(atApi.cut())],
    ['the connection of who answered is cut', () => Promise.resolve(atKubelet.cut())],
    ['NATS goes', () => nats.stop()],
  ])('ends on both sides within 2 s, with a reason, when %s', async (_, fault) => {
    const { ended } = await serve(async (stream) => {
      stream.accept();
      await untilOver(stream);
    });
    const stream = await open();
    const broken = thrown(read(stream));
    const began = performance.now();
    await fault();
    const reasons = await Promise.all([broken, ended]);
    expect(performance.now() - began).toBeLessThan(SOON_MS);
    for (const reason of reasons) expect(reason).toBeInstanceOf(StreamBroken);
    await expect(stream.write(0, Buffer.from('x'))).rejects.toThrow(StreamBroken);
  });
});

async function firstOf(stream: DuplexStream): Promise<string> {
  for await (const { data } of stream.chunks) return Buffer.from(data).toString();
  return '';
}
