import { EventsQuery, ObjectQuery, PositionQuery } from '@shiplog/contracts';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { Bus } from '@shiplog/bus';
import { eventually } from '@shiplog/testing';
import type { Client } from 'pg';
import type { DataSource } from 'typeorm';
import { connectClient } from '../database/client';
import { eventOfFields } from '../database/event-row';
import { makeDataSource } from '../database/data-source';
import { PartitionRepository } from '../database/partition.repository';
import { createConfigMap, createNamespace, patchConfigMap } from '../testing/commands';
import { TestJournals, type TestJournal } from '../testing/journals';

let parts: TestJournals;
let archiveDir: string;
let journal: TestJournal;
let bus: Bus;
let client: Client;
let dataSource: DataSource;
let log: PartitionRepository;
const settings = { partitionSize: 100, snapshotEvery: 50, snapshotCalm: 50, snapshotsKept: 4, retentionEvents: 150 };

beforeAll(async () => {
  parts = await TestJournals.start();
  archiveDir = await mkdtemp(join(tmpdir(), 'shiplog-archive-'));
  journal = await parts.journal('retaining', { ...settings, archiveDir });
  bus = await parts.nats.bus();
  client = await connectClient(parts.databaseUrl, 'test', () => undefined);
  dataSource = await makeDataSource(parts.databaseUrl).initialize();
  log = new PartitionRepository(dataSource);
  await bus.command(createNamespace('default'));
  await bus.command(createConfigMap('counter', { n: '0' }));
  for (let n = 1; n <= 500; n++) {
    await bus.command(patchConfigMap('counter', { n: String(n) }));
    if (n % settings.snapshotEvery === 0) await snapshotAfter(n - settings.snapshotEvery);
  }
});

/** Snapshots are made beside the writing: so they come as often as they are due. */
function snapshotAfter(position: number): Promise<unknown> {
  return eventually(
    async () => (await client.query('select from snapshots where position > $1', [position])).rowCount !== 0,
    { timeoutMs: 60_000 },
  );
}

afterAll(async () => {
  await client.end();
  await dataSource.destroy();
  await parts.stop();
  await rm(archiveDir, { recursive: true });
});

const key = { resource: 'configmaps', namespace: 'default', name: 'counter' } as const;

it('partitions are made ahead of the log', async () => {
  const { position } = await bus.ask(PositionQuery, {});
  await eventually(async () => ((await log.list()).at(-1)?.to ?? 0) > position + settings.partitionSize);
});

it('whole partitions leave when they are archived, and their archive reads back', async () => {
  await eventually(async () => ((await log.list())[0]?.from ?? 0) >= 200);
  const file = join(archiveDir, 'events_100_200.tsv.gz');
  const lines = gunzipSync(await readFile(file))
    .toString('utf8')
    .trimEnd()
    .split('\n');
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  const events = lines.map((line) => eventOfFields(line.split('\t')));
  expect(events.map(({ position }) => position)).toEqual(Array.from({ length: 100 }, (_, i) => 100 + i));
  expect(events[0]).toMatchObject({ fact: 'SpecChanged', data: { changes: { data: { in: { n: { set: '98' } } } } } });
});

it('what is kept is answered, from a snapshot where the object’s beginning has left', async () => {
  const { position } = await bus.ask(PositionQuery, {});
  const { object } = await bus.ask(ObjectQuery, { key, at: position - 10 });
  expect(object).toMatchObject({ data: { n: '490' }, metadata: { resourceVersion: String(position - 10) } });
});

it('what has left is answered with 410, and says from where the log is kept', async () => {
  await expect(bus.ask(ObjectQuery, { key, at: 50 })).rejects.toMatchObject({
    status: { code: 410, reason: 'Expired', message: expect.stringContaining('the log begins at') as string },
  });
  const channels = [{ resource: 'configmaps' as const }];
  await expect(bus.ask(EventsQuery, { channels, after: 50 })).rejects.toMatchObject({ status: { code: 410 } });
});

it('no more snapshots are kept than asked for', async () => {
  const { rows } = await client.query<{ n: number }>('select count(*)::int as n from snapshots');
  expect(rows[0]?.n).toBeLessThanOrEqual(settings.snapshotsKept);
  const orphans = await client.query(
    'select from snapshot_parts p where not exists (select from snapshots s where s.id = p.snapshot)',
  );
  expect(orphans.rowCount).toBe(0);
});

it('a journal that starts anew has the state, though the log’s beginning has left', async () => {
  const before = await bus.ask(PositionQuery, { hashes: true });
  await journal.stop();
  journal = await parts.journal('retaining', { ...settings, archiveDir });
  expect(await bus.ask(PositionQuery, { hashes: true })).toEqual(before);
});
