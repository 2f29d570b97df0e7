import { Logs, subjects, type PayloadOf } from '@shiplog/contracts';
import { eventually, NatsProxy, serveStream, TestNats, type Fate, type FateOf } from '@shiplog/testing';
import { StreamBroken, type Bus, type StreamSink } from '.';

const NODE = 'minion.1';
const CHUNKS = 500;
/** Before either side would look whether the other is there, every 2 s; and after it did, on a busy machine. */
const AT_ONCE_MS = 1_900;
const SOON_MS = 6_000;
const logs: PayloadOf<typeof Logs> = { namespace: 'default', pod: 'web', uid: 'u', container: 'web' };
const TO_READER = 'shiplog.v1.stream.to.';
const TO_WRITER = 'shiplog.v1.stream.ctl.';

/** Treats the messages from the `first` to the `last` of those on a subject. */
function some(prefix: string, fate: Fate, first: number, last = first): FateOf {
  let count = 0;
  return (subject) => {
    if (!subject.startsWith(prefix)) return 'pass';
    count++;
    return count >= first && count <= last ? fate : 'pass';
  };
}

describe('a stream through a network that lies', () => {
  let nats: TestNats;
  let atReader: NatsProxy;
  let atWriter: NatsProxy;
  let api: Bus;
  let kubelet: Bus;
  let problems: string[];
  /** What ended each writer. */
  let ended: Promise<unknown>[];
  let written: number;

  beforeEach(async () => {
    nats = await TestNats.start();
    [atReader, atWriter] = [await NatsProxy.start(nats.port), await NatsProxy.start(nats.port)];
    problems = [];
    const onError = (error: unknown): unknown => problems.push(String(error));
    api = await nats.bus('api', undefined, { onError, url: atReader.url });
    kubelet = await nats.bus('kubelet', { role: 'kubelet', name: NODE }, { onError, url: atWriter.url });
    ended = [];
    written = 0;
  });
  afterEach(async () => {
    await nats.stop();
    await atReader.stop();
    await atWriter.stop();
  });

  const reasonOf = ({ signal }: StreamSink): Promise<unknown> =>
    new Promise((resolve) => signal.addEventListener('abort', () => resolve(signal.reason)));
  /** Writes lines; with `forever`, then nothing more, and no end. */
  const serveLines = ({ forever = false } = {}): Promise<unknown> =>
    serveStream(kubelet, Logs, async (_, sink) => {
      const reason = reasonOf(sink);
      ended.push(reason);
      for (written = 0; written < CHUNKS; written++) await sink.write(Buffer.from(`${written}\n`));
      if (forever) await reason;
    });
  const open = (): AsyncIterable<Uint8Array> => api.stream(Logs, logs, { node: NODE });
  const read = async (): Promise<string> => {
    const chunks: Uint8Array[] = [];
    for await (const chunk of open()) chunks.push(chunk);
    return Buffer.concat(chunks).toString();
  };
  const whole = Array.from({ length: CHUNKS }, (_, i) => `${i}\n`).join('');
  const within = async <T>(milliseconds: number, work: Promise<T>): Promise<T> => {
    const began = performance.now();
    const value = await work;
    expect(performance.now() - began).toBeLessThan(milliseconds);
    return value;
  };
  const brokenOf = async (reading: Promise<unknown>): Promise<StreamBroken> => {
    const error: unknown = await reading.then(
      (value) => value,
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(StreamBroken);
    return error as StreamBroken;
  };
  it.each<[string, Fate, RegExp]>([
    ['lost', 'drop', /^chunk 9 is missing$/],
    ['doubled', 'double', /^chunk 9 came again$/],
    ['late', 'late', /^chunk 9 is missing$/],
  ])(
    'with a chunk that is %s ends at once on both sides, with the reason; begun again it is whole',
    async (_, fate, reason) => {
      await serveLines();
      atReader.toClient = some(TO_READER, fate, 10);
      const broken = await within(AT_ONCE_MS, brokenOf(read()));
      expect(broken).toMatchObject({ lost: 'chunk', last: expect.stringMatching(reason) as string });
      expect(await within(AT_ONCE_MS, ended[0] ?? Promise.resolve())).toMatchObject({ lost: 'reader' });
      expect(await within(SOON_MS, read())).toBe(whole);
      expect(problems).toEqual([]);
    },
  );

  it('whose end is lost is not taken for one that goes on', async () => {
    await serveLines();
    atReader.toClient = (_, payload) => (payload.includes('shiplog-stream: end') ? 'drop' : 'pass');
    expect(await within(SOON_MS, brokenOf(read()))).toMatchObject({ lost: 'writer' });
  });

  it('goes on although most acknowledgements are lost', async () => {
    await serveLines();
    let count = 0;
    atReader.toServer = (subject) => (subject.startsWith(TO_WRITER) && ++count % 3 !== 0 ? 'drop' : 'pass');
    expect(await within(AT_ONCE_MS, read())).toBe(whole);
  });

  it('goes on although all acknowledgements of a window are lost', async () => {
    await serveLines();
    atReader.toServer = some(TO_WRITER, 'drop', 2, 5);
    expect(await within(SOON_MS, read())).toBe(whole);
  });

  it('of which no acknowledgement arrives ends after a while, on both sides', async () => {
    await serveLines();
    atReader.toServer = some(TO_WRITER, 'drop', 1, Infinity);
    expect(await within(15_000, brokenOf(read()))).toMatchObject({ lost: 'writer' });
    expect(await ended[0]).toMatchObject({ lost: 'reader', last: 'its reader said nothing for 10 s' });
  });

  it('is kept for a reader that takes nothing for longer than silence is borne', async () => {
    await serveLines();
    const chunks = open()[Symbol.asyncIterator]();
    let text = Buffer.from((await chunks.next()).value as Uint8Array).toString();
    await new Promise((resolve) => setTimeout(resolve, 13_000));
    expect(written).toBeLessThan(CHUNKS);
    for (let next = await chunks.next(); next.done !== true; next = await chunks.next()) {
      text += Buffer.from(next.value).toString();
    }
    expect(text).toBe(whole);
  });

  it('whose question is lost is asked for again', async () => {
    await serveLines();
    atWriter.toClient = some(subjects.node(NODE, Logs.name), 'drop', 1);
    expect(await within(SOON_MS, read())).toBe(whole);
  });

  it("ends at once on both sides when the reader's connection breaks, and is begun again as soon as it is back", async () => {
    await serveLines({ forever: true });
    const chunks = open()[Symbol.asyncIterator]();
    await chunks.next();
    await eventually(() => written > 60);
    atReader.cut();
    const rest = (async () => {
      while ((await chunks.next()).done !== true);
    })();
    expect(await within(AT_ONCE_MS, brokenOf(rest))).toMatchObject({ lost: 'connection' });
    expect(await within(AT_ONCE_MS, ended[0] ?? Promise.resolve())).toMatchObject({ lost: 'reader' });
    const again = open()[Symbol.asyncIterator]();
    expect((await within(AT_ONCE_MS, again.next())).done).toBe(false);
    await again.return?.();
  });

  it("ends at once on both sides when the writer's connection breaks", async () => {
    await serveLines({ forever: true });
    const reading = brokenOf(read());
    await eventually(() => written === CHUNKS);
    atWriter.cut();
    expect(await within(AT_ONCE_MS, ended[0] ?? Promise.resolve())).toMatchObject({ lost: 'connection' });
    expect(await within(AT_ONCE_MS, reading)).toMatchObject({ lost: 'writer' });
  });

  it('ends soon when its writer dies without a word', async () => {
    await serveLines({ forever: true });
    const reading = brokenOf(read());
    await eventually(() => written === CHUNKS);
    await kubelet.connection.close();
    expect(await within(SOON_MS, reading)).toMatchObject({ lost: 'writer', last: 'its writer is gone' });
  });

  it('ends soon when its reader dies without a word, and the writer hears others all the time', async () => {
    await serveLines({ forever: true });
    void read().catch(() => undefined);
    await eventually(() => written > 0);
    await api.connection.close();
    expect(await within(SOON_MS, ended[0] ?? Promise.resolve())).toMatchObject({ lost: 'reader' });
    api = await nats.bus('api');
    const next = open()[Symbol.asyncIterator]();
    expect(Buffer.from((await within(AT_ONCE_MS, next.next())).value as Uint8Array).toString()).toBe('0\n');
    await next.return?.();
  });

  it('has the first writer that answers, when two do', async () => {
    const other = await nats.bus('other', { role: 'kubelet', name: NODE });
    await serveLines();
    await serveStream(other, Logs, async (_, sink) => {
      ended.push(reasonOf(sink));
      for (let i = 0; i < CHUNKS; i++) await sink.write(Buffer.from(`${i}\n`));
    });
    expect(await read()).toBe(whole);
    expect(await Promise.race(ended)).toMatchObject({ lost: 'reader' });
  });

  it('never tells a reader that loses interest of anything more', async () => {
    await serveLines({ forever: true });
    const abort = new AbortController();
    const chunks = api.stream(Logs, logs, { node: NODE }, { signal: abort.signal })[Symbol.asyncIterator]();
    await chunks.next();
    abort.abort();
    expect((await chunks.next()).done).toBe(true);
    expect(await within(AT_ONCE_MS, ended[0] ?? Promise.resolve())).toMatchObject({ lost: 'reader' });
  });
});
