import type { Bus } from '@shiplog/bus';
import { differing, hashCluster, hashesOf, type AppliedEvent } from '@shiplog/cluster';
import { EventsQuery, ObjectQuery, PositionQuery, type AnyCommand } from '@shiplog/contracts';
import { Projection } from '@shiplog/projection';
import { eventually } from '@shiplog/testing';
import { pino } from 'pino';
import { aCronTab, aDefinition, CRONTABS, DEFINITIONS } from '../../../libs/apimachinery/src/testing/definitions';
import { connectClient } from './database/client';
import { createConfigMap, createNamespace } from './testing/commands';
import { TestJournals, type TestJournal } from './testing/journals';

const KEY = { resource: CRONTABS, namespace: 'default', name: 'nightly' };

let parts: TestJournals;
let bus: Bus;
let projection: Projection;
let journal: TestJournal;
let commands = 0;
const heard: AppliedEvent[] = [];

beforeAll(async () => {
  parts = await TestJournals.start();
  bus = await parts.nats.bus();
  journal = await parts.journal('before', { snapshotEvery: 10, snapshotCalm: 10 });
  await bus.command(createNamespace('default'));
  const reader = await parts.nats.bus('api', { role: 'api', name: 'main' });
  projection = await Projection.open(reader, { channels: 'all', logger: pino({ level: 'silent' }) });
  projection.onApplied((batch) => void heard.push(...batch));
});
afterAll(async () => {
  await projection?.close();
  await parts?.stop();
});

const send = async (command: Pick<AnyCommand, 'type' | 'data'>) =>
  bus.command({ id: `kind-${++commands}`, actor: 'admin', ...command } as AnyCommand);
const create = (resource: string, namespace: string, object: object) =>
  send({ type: 'CreateObject', data: { resource, namespace, object } } as AnyCommand);
const patch = (operations: object[]) =>
  send({ type: 'PatchObject', data: { ...KEY, patchType: 'json', patch: operations } } as AnyCommand);

const positionOfKind = (nth: number): number =>
  heard.filter(({ event }) => event.resource === CRONTABS)[nth]!.event.position;
const LAST = { schedule: null, suspend: null, jobs: [{ name: 'a', ran: 1 }, { name: 'b' }] };

describe('a kind that came at run time', () => {
  it('is none before its definition, and heard of with it by who follows everything', async () => {
    const early = await create(CRONTABS, 'default', aCronTab('nightly'));
    expect(early).toMatchObject({ ok: false, status: { code: 404 } });
    await create(DEFINITIONS, '', aDefinition());
    await eventually(() => projection.state.catalog.get(CRONTABS)?.kind === 'CronTab');
    await create(CRONTABS, 'default', aCronTab('nightly', { schedule: '@daily', suspend: null }));
    await patch([
      { op: 'add', path: '/spec/schedule', value: null },
      { op: 'add', path: '/spec/jobs', value: [{ name: 'a' }, { name: 'b' }] },
    ]);
    const last = await patch([{ op: 'add', path: '/spec/jobs/0/ran', value: 1 }]);
    const position = last.ok ? last.position : 0;
    await eventually(() => projection.position >= position);
    expect(heard.filter(({ event }) => event.resource === CRONTABS).map(({ event }) => event.fact)).toEqual([
      'Created',
      'SpecChanged',
      'SpecChanged',
    ]);
    expect(projection.list(CRONTABS, 'default')).toMatchObject([{ kind: 'CronTab', spec: LAST }]);
  });

  it('is read as it is and as it was, nulls included', async () => {
    const specAt = async (at?: number) => (await bus.ask(ObjectQuery, { key: KEY, at })).object?.spec;
    expect(await specAt()).toEqual(LAST);
    expect(await specAt(positionOfKind(0))).toEqual({ schedule: '@daily', suspend: null });
    expect(await specAt(positionOfKind(1))).toEqual({
      schedule: null,
      suspend: null,
      jobs: [{ name: 'a' }, { name: 'b' }],
    });
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
      const { rows } = await client.query<{ count: string }>('select count(*) from snapshots where position > 5');
      await client.end();
      return Number(rows[0]?.count);
    };
    let made = 0;
    const grown = async (): Promise<boolean> => {
      for (let i = 0; i < 20; i++) await bus.command(createConfigMap(`c-${made++}`));
      return (await count()) > 0;
    };
    await eventually(grown, { timeoutMs: 20_000 });
    const before = hashCluster(projection.state);
    await journal.stop();
    await parts.journal('later');
    const { object } = await bus.ask(ObjectQuery, { key: KEY });
    expect(object?.spec).toEqual(LAST);
    const fresh = await Projection.open(bus, { channels: 'all', logger: pino({ level: 'silent' }) });
    expect(hashCluster(fresh.state)).toBe(before);
    await fresh.close();
  });

  it('is written after a restart, and ends with its definition', async () => {
    expect(await create(CRONTABS, 'default', aCronTab('weekly'))).toMatchObject({ ok: true, events: 1 });
    await send({ type: 'DeleteCollection', data: { resource: CRONTABS, namespace: 'default' } });
    await send({ type: 'DeleteObject', data: { resource: DEFINITIONS, namespace: '', name: CRONTABS } });
    expect(await create(CRONTABS, 'default', aCronTab('late'))).toMatchObject({ ok: false, status: { code: 404 } });
    await eventually(() => projection.state.catalog.get(CRONTABS) === undefined);
    const { hashes = {} } = await bus.ask(PositionQuery, { hashes: true });
    expect(differing(hashesOf(projection.state), hashes)).toEqual([]);
    const [first = 0] = heard.filter(({ event }) => event.resource === CRONTABS).map(({ event }) => event.position);
    expect((await bus.ask(ObjectQuery, { key: KEY, at: first })).object?.spec).toEqual({
      schedule: '@daily',
      suspend: null,
    });
  });
});
