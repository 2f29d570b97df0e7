import {
  StatusError,
  addressOf,
  Logs,
  StateQuery,
  subjects,
  type PayloadOf,
  type StateChunk,
} from '@shiplog/contracts';
import { eventually, serveStream, TestNats } from '@shiplog/testing';
import { BusUnavailable, fromBytes, toBytes, type Bus } from '.';

const NODE = 'minion.1';
const logsOf = (tailLines: number): PayloadOf<typeof Logs> => ({
  namespace: 'default',
  pod: 'web',
  uid: 'u',
  container: 'web',
  tailLines,
});

async function read(chunks: AsyncIterable<Uint8Array>): Promise<string[]> {
  const all: string[] = [];
  for await (const chunk of chunks) all.push(Buffer.from(chunk).toString());
  return all;
}

describe('a stream', () => {
  let nats: TestNats;
  let api: Bus;
  let kubelet: Bus;
  let problems: string[];
  beforeEach(async () => {
    nats = await TestNats.start();
    problems = [];
    const onError = (error: unknown): unknown => problems.push(String(error));
    api = await nats.bus('api', undefined, { onError });
    kubelet = await nats.bus('kubelet', { role: 'kubelet', name: NODE }, { onError });
  });
  afterEach(() => nats.stop());

  it('arrives whole and in order, and its writer waits for a slow reader', async () => {
    let written = 0;
    await serveStream(kubelet, Logs, async ({ tailLines = 0 }, sink) => {
      for (; written < tailLines; written++) await sink.write(Buffer.from(`${written}\n`));
    });
    const chunks: string[] = [];
    let lead = 0;
    for await (const chunk of api.stream(Logs, logsOf(1_000), { node: NODE })) {
      chunks.push(Buffer.from(chunk).toString());
      lead = Math.max(lead, written - chunks.length);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(chunks.join('')).toBe(Array.from({ length: 1_000 }, (_, i) => `${i}\n`).join(''));
    expect(lead).toBeLessThan(200);
  });

  it('stops its writer when the reader turns away', async () => {
    const stopped = new Promise<void>((resolve, reject) => {
      serveStream(kubelet, Logs, async (_, sink) => {
        sink.signal.addEventListener('abort', () => resolve());
        while (!sink.signal.aborted) await sink.write(Buffer.from('x'));
      }).catch(reject);
    });
    await eventually(async () => {
      for await (const _ of api.stream(Logs, logsOf(1), { node: NODE })) return true;
      return false;
    });
    await stopped;
  });

  it("brings the writer's failure, after what was written", async () => {
    await serveStream(kubelet, Logs, async (_, sink) => {
      await sink.write(Buffer.from('first'));
      throw new StatusError({ code: 404, message: 'no such container' });
    });
    const chunks: string[] = [];
    const reading = (async () => {
      for await (const chunk of api.stream(Logs, logsOf(1), { node: NODE })) chunks.push(Buffer.from(chunk).toString());
    })();
    await expect(reading).rejects.toThrow('no such container');
    expect(chunks).toEqual(['first']);
  });

  it('that nobody serves fails at once', async () => {
    await expect(read(api.stream(Logs, logsOf(1), { node: NODE }))).rejects.toThrow(BusUnavailable);
  });

  it('that is asked for with what is not as declared fails with the reason, and the handler does not hear of it', async () => {
    let asked = 0;
    await serveStream(kubelet, Logs, () => {
      asked++;
      return Promise.resolve();
    });
    const malformed = { ...logsOf(1), pod: '' };
    await expect(read(api.stream(Logs, malformed, { node: NODE }))).rejects.toMatchObject({
      status: { code: 400, message: 'invalid request logs: pod must not be empty' },
    });
    expect(asked).toBe(0);
  });

  it('of state comes as the chunks that were written, however they were cut', async () => {
    const chunks: StateChunk[] = [
      { position: 3, objects: [] },
      { position: 3, objects: [], channels: { pods: 3 } },
    ];
    const journal = await nats.bus('journal', { role: 'journal', name: 'one' });
    await serveStream(journal, StateQuery, async (_, sink) => {
      const text = chunks.map((chunk) => `${JSON.stringify(chunk)}\n`).join('');
      for (let at = 0; at < text.length; at += 7) await sink.write(Buffer.from(text.slice(at, at + 7)));
    });
    const heard: StateChunk[] = [];
    for await (const chunk of api.state({ channels: [{ resource: 'pods' }] })) heard.push(chunk);
    expect(heard).toEqual(chunks);
  });

  describe('whose reader is no bus', () => {
    const own = (): string => subjects.stream(addressOf(api.identity), 'raw');
    const ask = (): void =>
      api.connection.publish(subjects.node(NODE, Logs.name), toBytes(logsOf(1)), { reply: own() });

    it('ends when NATS says that nobody listens; the writer answers the next', async () => {
      const ended = new Promise<void>((resolve, reject) => {
        serveStream(kubelet, Logs, async (_, sink) => {
          sink.signal.addEventListener('abort', () => resolve());
          await sink.write(Buffer.from('to nobody'));
          await new Promise((stopped) => sink.signal.addEventListener('abort', stopped));
        })
          .then(ask)
          .catch(reject);
      });
      await ended;
      const chunks = api.stream(Logs, logsOf(1), { node: NODE });
      for await (const chunk of chunks) {
        expect(Buffer.from(chunk).toString()).toBe('to nobody');
        break;
      }
    });

    it('goes on when the reader says what is no control, and it is told once each', async () => {
      await serveStream(kubelet, Logs, async (_, sink) => {
        for (let i = 0; i < 100; i++) await sink.write(Buffer.from(`${i}`));
      });
      const chunks: string[] = [];
      const garbage = ['{', '7', 'null', '{"received":"many"}', '{"received":1e300}', '{"received":-1}'];
      const subscription = api.connection.subscribe(own(), {
        callback: (_, { data, reply = '', headers }) => {
          if (headers?.get('shiplog-stream') !== 'data') return;
          if (chunks.push(Buffer.from(data).toString()) === 1) {
            for (const text of garbage) api.connection.publish(reply, Buffer.from(text));
          }
          api.connection.publish(reply, toBytes({ received: chunks.length }));
        },
      });
      ask();
      await eventually(() => chunks.length === 100);
      expect(problems).toEqual([
        expect.stringContaining('JSON'),
        ...Array.from({ length: 5 }, () => expect.stringContaining('no control of a stream') as unknown),
      ]);
      subscription.unsubscribe();
    });
  });

  it('is not written to where its reader may not listen', async () => {
    let asked = 0;
    await serveStream(kubelet, Logs, () => {
      asked++;
      return Promise.resolve();
    });
    const event = 'shiplog.v1.event.pods._.default.web.Created';
    const spied: unknown[] = [];
    const spy = await nats.bus('spy');
    spy.connection.subscribe(event, { callback: (_, { data }) => void spied.push(fromBytes(data)) });
    await spy.connection.flush();
    api.connection.publish(subjects.node(NODE, Logs.name), toBytes(logsOf(1)), { reply: event });
    await api.connection.flush();
    await read(api.stream(Logs, logsOf(1), { node: NODE }));
    expect([asked, spied]).toEqual([1, []]);
  });
});
