import { setTimeout as wait } from 'node:timers/promises';
import type { Bus } from '@shiplog/bus';
import { ClusterState, hashResource } from '@shiplog/cluster';
import { StateQuery } from '@shiplog/contracts';
import { Projection } from '@shiplog/projection';
import { NatsProxy, type Fate } from '@shiplog/testing';
import { pino } from 'pino';
import { createConfigMap, createNamespace } from '../testing/commands';
import { TestJournals } from '../testing/journals';

/** More than a window of chunks. */
const OBJECTS = 600;
const TEXT = 'x'.repeat(20_000);
const CHUNKS = 'shiplog.v1.stream.to.';
const ACKNOWLEDGEMENTS = 'shiplog.v1.stream.ctl.';
const channels = [{ resource: 'configmaps' }] as const;

let parts: TestJournals;
let atJournal: NatsProxy;
let atReader: NatsProxy;
let client: Bus;
let reader: Bus;
let made = 0;

beforeAll(async () => {
  parts = await TestJournals.start();
  atJournal = await NatsProxy.start(parts.nats.port);
  await parts.journal('main', { url: atJournal.url });
  client = await parts.nats.bus('client');
  await client.command(createNamespace('default'));
  await Promise.all(
    Array.from({ length: OBJECTS }, (_, i) => client.command(createConfigMap(`c-${i}`, { text: TEXT }), LONG)),
  );
});
afterAll(async () => {
  await parts.stop();
  await atJournal.stop();
});
beforeEach(async () => {
  atReader = await NatsProxy.start(parts.nats.port);
  reader = await parts.nats.bus('reader', undefined, { url: atReader.url });
});
afterEach(async () => {
  atJournal.toServer = () => 'pass';
  await reader.close();
  await atReader.stop();
});

/** How long the others are looked at after a reader has died. */
const WHILE_MS = 3_000;
const LONG = { timeoutMs: 60_000 };

/** Once, when so many messages of a kind have gone by. */
function at(prefix: string, count: number, item: () => Fate): (subject: string) => Fate {
  let seen = 0;
  return (subject) => (subject.startsWith(prefix) && ++seen === count ? item() : 'pass');
}

function cut(proxy: NatsProxy): Fate {
  setImmediate(() => proxy.cut());
  return 'pass';
}

/** Creates one object after another until the work is done; the longest that one took, in milliseconds. */
async function slowestCreateDuring(work: Promise<unknown>): Promise<number> {
  let slowest = 0;
  let isDone = false;
  void work.finally(() => (isDone = true)).catch(() => undefined);
  do {
    const began = performance.now();
    expect(await client.command(createConfigMap(`during-${++made}`), LONG)).toMatchObject({ ok: true });
    slowest = Math.max(slowest, performance.now() - began);
  } while (!isDone);
  await work;
  return slowest;
}

/** What the journal tells by a connection to which nothing happens. */
async function truth(): Promise<{ hash: string; position: number }> {
  const state = new ClusterState();
  let position = 0;
  for await (const chunk of client.state({ channels: [...channels] })) {
    for (const { resource, object } of chunk.objects) state.put(resource, object);
    position = chunk.position;
  }
  return { hash: hashResource(state, 'configmaps'), position };
}

async function expectToBeWhole(projection: Projection): Promise<void> {
  const { hash, position } = await truth();
  await projection.waitFor(position);
  expect(projection.list('configmaps')).toHaveLength(OBJECTS + made);
  expect(hashResource(projection.state, 'configmaps')).toBe(hash);
}

interface Fault {
  readonly name: string;
  readonly make: () => void;
  /** Within which it is loaded, and within which each create is answered meanwhile, in milliseconds. */
  readonly loaded?: number;
  readonly created?: number;
}

const FAULTS: readonly Fault[] = [
  { name: 'a chunk is lost', make: () => (atReader.toClient = at(CHUNKS, 20, () => 'drop')) },
  { name: 'a chunk comes twice', make: () => (atReader.toClient = at(CHUNKS, 20, () => 'double')) },
  { name: 'a chunk comes late', make: () => (atReader.toClient = at(CHUNKS, 20, () => 'late')) },
  {
    name: 'acknowledgements are lost',
    make: () => {
      let count = 0;
      atReader.toServer = (subject) => (subject.startsWith(ACKNOWLEDGEMENTS) && ++count % 3 !== 0 ? 'drop' : 'pass');
    },
  },
  { name: "the reader's connection breaks", make: () => (atReader.toClient = at(CHUNKS, 20, () => cut(atReader))) },
  {
    name: "the journal's connection breaks",
    make: () => (atJournal.toServer = at(CHUNKS, 20, () => cut(atJournal))),
    // A create that went with the connection is asked again.
    created: 2_500,
  },
];

describe('a load of state during which', () => {
  it.each(FAULTS)(
    '$name is begun again, and is whole; creates go on',
    async ({ make, loaded = 8_000, created = 1_000 }) => {
      make();
      const began = performance.now();
      const opening = Projection.open(reader, { channels, logger: pino({ level: 'silent' }) });
      expect(await slowestCreateDuring(opening)).toBeLessThan(created);
      expect(performance.now() - began).toBeLessThan(loaded);
      const projection = await opening;
      await expectToBeWhole(projection);
      expect(await slowestCreateDuring(Promise.resolve())).toBeLessThan(created);
      await projection.close();
    },
  );

  it('the reader dies leaves the journal hearing, and the next load is whole', async () => {
    const dying = await parts.nats.bus('dying');
    const chunks = dying.stream(StateQuery, { channels: [...channels] }, {})[Symbol.asyncIterator]();
    await chunks.next();
    await dying.connection.close();
    // NATS tells the journal that nobody reads on; meanwhile, and after, it does what it is there for.
    expect(await slowestCreateDuring(wait(WHILE_MS))).toBeLessThan(1_000);
    const projection = await Projection.open(reader, { channels, logger: pino({ level: 'silent' }) });
    await expectToBeWhole(projection);
    await projection.close();
  });
});
