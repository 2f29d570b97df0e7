import { Program, programOf } from '@shiplog/testing';
import { Client } from 'pg';
import { Appender } from '../database/append';
import { connectClient } from '../database/client';
import { makeDataSource } from '../database/data-source';
import { PartitionRepository } from '../database/partition.repository';
import { TestJournals } from '../testing/journals';
import { SyntheticLog } from '../testing/synthetic-log';

const EVENTS = 20_000;
/** Far below what a quiet machine does (100,000 and more), so that a busy one passes. */
const LEAST_RATE = 10_000;

let parts: TestJournals;
let client: Client;

beforeAll(async () => {
  parts = await TestJournals.start();
  const dataSource = makeDataSource(parts.databaseUrl);
  await dataSource.initialize();
  await new PartitionRepository(dataSource).makeRoom(0, 100_000, 100_000);
  await dataSource.destroy();
  client = await connectClient(parts.ownerUrl, 'test', () => undefined);
  const appender = await Appender.open(parts.databaseUrl, 0, () => undefined);
  for (const commit of new SyntheticLog().commits(EVENTS)) await appender.append(commit);
  await appender.close();
});

afterAll(async () => {
  await client.end();
  await parts.stop();
});

async function rebuild(env: Record<string, string>): Promise<{ code: number | null; result: Record<string, unknown> }> {
  const settings = { DATABASE_URL: parts.databaseUrl, REBUILD_JSON: '1', ...env };
  const { code, out } = await Program.start([programOf('journal', 'rebuild')], settings).ended;
  return { code, result: JSON.parse(out) as Record<string, unknown> };
}

it('folds the log from its beginning, and says how fast', async () => {
  const { code, result } = await rebuild({});
  expect(code).toBe(0);
  expect(result).toMatchObject({ comparison: { kind: 'nothing-to-compare-with' } });
  expect(result['events']).toBeGreaterThanOrEqual(EVENTS);
  expect(result['eventsPerSecond']).toBeGreaterThan(LEAST_RATE);
});

it('has the hash of the live journal, and of its snapshot', async () => {
  const journal = await parts.journal('live');
  const live = await rebuild({ NATS_URL: parts.nats.url });
  expect(live).toMatchObject({ code: 0, result: { comparison: { kind: 'equal', with: 'the live journal' } } });
  await journal.stop();
  const stored = await rebuild({});
  expect(stored).toMatchObject({ code: 0, result: { comparison: { kind: 'equal', with: 'the snapshot' } } });
  expect(stored.result['hash']).toBe(live.result['hash']);
});

it('ends with exit code 1 when the log was altered', async () => {
  const journal = await parts.journal('live');
  await client.query(
    `update events set data = replace(data::text, 'web:1.24.3', 'web:1.24.4')::json
      where position = (select min(position) from events where resource = 'pods' and type = 'Created' and position > $1)`,
    [EVENTS - 1_000],
  );
  expect(await rebuild({ NATS_URL: parts.nats.url })).toMatchObject({
    code: 1,
    result: { comparison: { kind: 'different', with: 'the live journal' } },
  });
  await journal.stop();
});
