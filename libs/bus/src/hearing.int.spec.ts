import { PositionQuery, subjects } from '@shiplog/contracts';
import { eventually, NatsProxy, serve, TestNats } from '@shiplog/testing';
import { watchOf, type Bus } from '.';

/** Three to four pings, and a moment to connect; what NATS' clients do by themselves takes 15 s, or for ever. */
const DEAF_MS = 7_000;

/** Resolves at so many more of the connection's pings. */
function pings({ connection, onError }: Bus, count: number): Promise<void> {
  return new Promise((resolve) => {
    let left = count;
    const off = watchOf(connection, onError).on('ping', () => {
      if (--left > 0) return;
      off();
      resolve();
    });
  });
}

describe('a connection that stays open and carries nothing any more', () => {
  let nats: TestNats;
  let proxy: NatsProxy;
  let journal: Bus;
  let bus: Bus;
  let problems: string[];
  let heard: string[];

  beforeEach(async () => {
    nats = await TestNats.start();
    proxy = await NatsProxy.start(nats.port);
    journal = await nats.bus('journal', { role: 'journal', name: 'one' });
    await serve(journal, PositionQuery, () => ({ position: 1, channels: {} }));
    [problems, heard] = [[], []];
    const onError = (error: unknown): unknown => problems.push(String(error));
    bus = await nats.bus('service', undefined, { url: proxy.url, onError });
    bus.listen(subjects.channel({ resource: 'pods' }), ({ data }) => heard.push(Buffer.from(data).toString()));
    await bus.connection.flush();
  });
  afterEach(async () => {
    await nats.stop();
    await proxy.stop();
  });

  const publish = (text: string): void =>
    journal.connection.publish('shiplog.v1.event.pods._.default.web.Created', Buffer.from(text));
  /** Asks, and says how long it took. */
  const ask = async (): Promise<number> => {
    const began = performance.now();
    await bus.ask(PositionQuery, {}, {}, { timeoutMs: 3 * DEAF_MS });
    return performance.now() - began;
  };
  const hearsAgain = async (): Promise<void> => {
    publish('after');
    await eventually(() => heard.length > 0);
    expect(heard).toEqual(['after']);
    expect(problems).toEqual([expect.stringContaining('nothing was heard')]);
    expect(proxy.connections).toBe(2);
  };

  it('to this process is begun anew within seconds, is told of once, and subscriptions go on', async () => {
    proxy.deafen();
    expect(await ask()).toBeLessThan(DEAF_MS);
    await hearsAgain();
  });

  it('in either direction is begun anew too, though what was written can never be sent', async () => {
    proxy.stall();
    for (let i = 0; i < 60; i++) bus.connection.publish('shiplog.nowhere', Buffer.alloc(500_000));
    expect(await ask()).toBeLessThan(DEAF_MS);
    await hearsAgain();
  });

  it('because its read loop died is begun anew', async () => {
    // What nats.js does with an error of its own parser, or of a callback that nobody guards.
    jest.spyOn(console, 'log').mockImplementation(() => undefined);
    bus.connection.subscribe('shiplog.broken', {
      callback: () => {
        throw new Error('not guarded');
      },
    });
    bus.connection.publish('shiplog.broken');
    await bus.connection.flush().catch(() => undefined);
    expect(await ask()).toBeLessThan(DEAF_MS);
    await hearsAgain();
    jest.restoreAllMocks();
  });

  it('is not one that is only quiet', async () => {
    await pings(bus, 5);
    expect([problems, proxy.connections]).toEqual([[], 1]);
  });

  it('is not one whose process stood still', async () => {
    const until = Date.now() + 5_000;
    while (Date.now() < until);
    await ask();
    expect([problems, proxy.connections]).toEqual([[], 1]);
  });
});
