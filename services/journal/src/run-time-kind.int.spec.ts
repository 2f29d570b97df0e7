import type { Bus } from '@shiplog/bus';
import { hashCluster, hashesOf, type AppliedEvent } from '@shiplog/cluster';
import {
  EVENT_FORMAT,
  EventsQuery,
  ObjectQuery,
  PositionQuery,
  type LogEvent,
  type ResourceId,
  type StoredObject,
} from '@shiplog/contracts';
import { Projection } from '@shiplog/projection';
import { eventually } from '@shiplog/testing';
import { pino } from 'pino';
import { Appender } from './database/append';
import { connectClient } from './database/client';
import { createConfigMap, createNamespace } from './testing/commands';
import { TestJournals, type TestJournal } from './testing/journals';

/** A kind that no code here has ever heard of, as a CustomResourceDefinition would make one. */
const CRONTABS = 'crontabs.stable.example.com' as ResourceId;
const KEY = { resource: CRONTABS, namespace: 'default', name: 'nightly' };

let parts: TestJournals;
let bus: Bus;
let projection: Projection;
let after: TestJournal;
const heard: AppliedEvent[] = [];

beforeAll(async () => {
  parts = await TestJournals.start();
  bus = await parts.nats.bus();
  const journal = await parts.journal('before');
  await bus.command(createNamespace('default'));
  const reader = await parts.nats.bus('api', { role: 'api', name: 'main' });
  projection = await Projection.open(reader, { channels: 'all', logger: pino({ level: 'silent' }) });
  projection.onApplied((batch) => void heard.push(...batch));
  await journal.stop();
  await log('Created', { object: cronTab({ schedule: '@daily', suspend: null }) });
  await log('SpecChanged', { changes: { spec: { in: { schedule: { set: null }, jobs: { set: [{ name: 'a' }] } } } } });
  await log('StatusChanged', {
    changes: { spec: { in: { jobs: { by: ['name'], items: [{ key: ['a'], in: { ran: { set: 1 } } }] } } } },
  });
  after = await parts.journal('after', { snapshotEvery: 10, snapshotCalm: 10 });
});
afterAll(async () => {
  await projection?.close();
  await parts?.stop();
});

const cronTab = (spec: object): StoredObject =>
  ({ apiVersion: 'stable.example.com/v1', kind: 'CronTab', metadata: { ...KEY, uid: 'u' }, spec }) as never;

/** What a journal of a time with that kind would have logged. */
async function log(fact: LogEvent['fact'], data: LogEvent['data']): Promise<void> {
  const client = await connectClient(parts.databaseUrl, 'log', () => undefined);
  const { rows } = await client.query<{ epoch: string; end: string }>(
    'select epoch, (select max(position) from events) as end from lease',
  );
  await client.end();
  const [{ epoch, end }] = rows as [{ epoch: string; end: string }];
  const position = Number(end) + 1;
  const reason = { actor: 'tester', commandId: `c${position}`, commandSeq: 0 };
  const about = { ...KEY, uid: 'u', node: '', time: new Date().toISOString(), version: EVENT_FORMAT };
  const event: LogEvent = { position, ...about, fact, ...reason, data };
  const appender = await Appender.open(parts.databaseUrl, Number(epoch), () => undefined);
  const commands = [{ id: reason.commandId, first: position, count: 1 }];
  expect(await appender.append({ events: [event], texts: [JSON.stringify(data)], commands })).toBe('committed');
  await appender.close();
}

const positionOfKind = (nth: number): number =>
  heard.filter(({ event }) => event.resource === CRONTABS)[nth]!.event.position;
const LAST = { schedule: null, suspend: null, jobs: [{ name: 'a', ran: 1 }] };

describe('a kind that came at run time', () => {
  it('is heard of, event by event, by who follows everything, and listed', async () => {
    await eventually(() => projection.get(CRONTABS, 'default', 'nightly')?.metadata.resourceVersion === '4');
    expect(heard.filter(({ event }) => event.resource === CRONTABS).map(({ event }) => event.fact)).toEqual([
      'Created',
      'SpecChanged',
      'StatusChanged',
    ]);
    expect(projection.list(CRONTABS, 'default')).toMatchObject([{ kind: 'CronTab', spec: LAST }]);
  });

  it('is read as it is and as it was, nulls included', async () => {
    const specAt = async (at?: number) => (await bus.ask(ObjectQuery, { key: KEY, at })).object?.spec;
    expect(await specAt()).toEqual(LAST);
    expect(await specAt(positionOfKind(0))).toEqual({ schedule: '@daily', suspend: null });
    expect(await specAt(positionOfKind(1))).toEqual({ schedule: null, suspend: null, jobs: [{ name: 'a' }] });
    const { events } = await bus.ask(EventsQuery, { after: 1 });
    expect(events.map(({ resource }) => resource)).toContain(CRONTABS);
  });

  it('counts in the hash, which every reader’s state has', async () => {
    const { hashes = {} } = await bus.ask(PositionQuery, { hashes: true });
    expect(hashes[CRONTABS]).toMatch(/:1$/);
    expect(hashesOf(projection.state)).toEqual(hashes);
  });

  it('is in a snapshot, from which a journal that starts later has it', async () => {
    const count = async (): Promise<number> => {
      const client = await connectClient(parts.databaseUrl, 'count', () => undefined);
      const { rows } = await client.query<{ count: string }>('select count(*) from snapshots where position > 4');
      await client.end();
      return Number(rows[0]?.count);
    };
    for (let i = 0; i < 20; i++) await bus.command(createConfigMap(`c-${i}`));
    await eventually(async () => (await count()) > 0, { timeoutMs: 20_000 });
    const before = hashCluster(projection.state);
    await after.stop();
    await parts.journal('later');
    const { object } = await bus.ask(ObjectQuery, { key: KEY });
    expect(object?.spec).toEqual(LAST);
    const fresh = await Projection.open(bus, { channels: 'all', logger: pino({ level: 'silent' }) });
    expect(hashCluster(fresh.state)).toBe(before);
    await fresh.close();
  });
});
