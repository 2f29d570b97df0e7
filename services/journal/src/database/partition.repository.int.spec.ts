import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TestPostgres } from '@shiplog/testing';
import type { Client } from 'pg';
import type { DataSource } from 'typeorm';
import { SyntheticLog } from '../testing/synthetic-log';
import { Appender, type Commit } from './append';
import { connectClient, endClient } from './client';
import { makeDataSource } from './data-source';
import { admitJournal } from './journal-role';
import { PartitionRepository } from './partition.repository';
import { migrate } from './schema';

const ROLE = 'shiplog_journal';
const SIZE = 1_000;
/** How long the reader stays: an append that waits for it takes about as long. */
const READS_MS = 10_000;
/** Far less, and far more than the 50 ms that an append may wait by design: tests run on busy machines. */
const LONGEST_MS = 3_000;

let postgres: TestPostgres;
let owner: DataSource;
let journal: DataSource;
let partitions: PartitionRepository;
let appender: Appender;
let reader: Client;
let commits: Iterator<Commit>;
let directory: string;

beforeAll(async () => {
  postgres = await TestPostgres.start();
  owner = await makeDataSource(await postgres.database('log')).initialize();
  await migrate(owner);
  await admitJournal(owner, { role: ROLE });
  journal = await makeDataSource(postgres.url('log', ROLE)).initialize();
  partitions = new PartitionRepository(journal);
  await partitions.makeRoom(0, SIZE, 2 * SIZE);
  appender = await Appender.open(postgres.url('log', ROLE), 0, () => undefined);
  commits = new SyntheticLog().commits(10 * SIZE, 50)[Symbol.iterator]();
  for (let i = 0; i < 30; i++) await append();
  reader = await connectClient(postgres.url('log', ROLE), 'reader', () => undefined);
  directory = await mkdtemp(join(tmpdir(), 'shiplog-archive-'));
});

afterAll(async () => {
  await endClient(reader);
  await appender.close();
  await journal.destroy();
  await owner.destroy();
  await postgres.stop();
  await rm(directory, { recursive: true });
});

async function append(): Promise<void> {
  const next = commits.next();
  if (next.done === true) throw new Error('the synthetic log is too short');
  expect(await appender.append(next.value)).toBe('committed');
}

/** The longest that an append takes, of those that begin while some work goes on. */
async function longestAppendDuring(work: Promise<unknown>): Promise<number> {
  let isDone = false;
  const done = work.finally(() => (isDone = true));
  let longest = 0;
  do {
    const started = performance.now();
    await append();
    longest = Math.max(longest, performance.now() - started);
    await new Promise((resolve) => setTimeout(resolve, 20));
  } while (!isDone);
  await done;
  return longest;
}

/** Reads some of the log, and does not finish before the given work has, or a while is over. */
async function whileReading<T>(work: () => Promise<T>): Promise<T> {
  await reader.query('begin');
  await reader.query('declare history cursor for select * from events order by position');
  await reader.query('fetch 10 from history');
  const late = setTimeout(() => void reader.query('rollback'), READS_MS);
  try {
    return await work();
  } finally {
    clearTimeout(late);
    await reader.query('rollback');
  }
}

it('room is made beside a reader of all history, and no append waits for it', async () => {
  const before = (await partitions.list()).length;
  const longest = await whileReading(async () => {
    const took = await longestAppendDuring(partitions.makeRoom(2 * SIZE, SIZE, SIZE));
    expect((await partitions.list()).length).toBeGreaterThan(before);
    return took;
  });
  expect(longest).toBeLessThan(LONGEST_MS);
});

it('a partition of the log has the keys and indexes of all of them', async () => {
  const last = (await partitions.list()).at(-1)?.name;
  const definitions = (await owner.query(
    `select replace(indexdef, tablename, 'events') as text from pg_indexes
      where tablename in ('events', $1) order by tablename, 1`,
    [last],
  )) as { text: string }[];
  const columns = definitions.map(({ text }) => /\(.*\)/.exec(text)?.[0]);
  expect(columns.slice(0, columns.length / 2)).toEqual(columns.slice(columns.length / 2));
});

it('a partition that is read does not leave, and no append waits for the reader; it leaves when it is read no more', async () => {
  await owner.query(
    `insert into snapshots (id, position, epoch, format, objects, parts, hash, channels)
     values (gen_random_uuid(), 1000000, 0, 1, 0, 0, '', '{}')`,
  );
  while (Number(((await owner.query('select max(position) as at from events')) as { at: string }[])[0]?.at) < SIZE)
    await append();
  const [first] = await partitions.list();
  if (first === undefined) throw new Error('there must be a partition');
  const { outcome, longest } = await whileReading(async () => {
    const dropping = partitions.drop(first);
    const longest = await longestAppendDuring(dropping);
    return { outcome: await dropping, longest };
  });
  expect(outcome).toBe('busy');
  expect(longest).toBeLessThan(LONGEST_MS);
  expect((await partitions.list())[0]).toEqual(first);
  expect(await longestAppendDuring(partitions.drop(first))).toBeLessThan(LONGEST_MS);
  expect(await partitions.firstKept()).toBe(first.to);
});

it('what locks the log against appends waits for that lock for 50 ms at most', async () => {
  const text = `select proconfig from pg_proc where proname = 'drop_partition'`;
  const [{ proconfig }] = (await owner.query(text)) as [{ proconfig: string[] }];
  expect(proconfig).toContain('lock_timeout=50ms');
});

it('a partition that lacks events is not archived', async () => {
  const [first] = await partitions.list();
  if (first === undefined) throw new Error('there must be a partition');
  await owner.query('delete from events where position = $1', [first.from + 3]);
  await expect(partitions.archive(first, directory, 1)).rejects.toThrow('events of 1000');
  expect((await readdir(directory)).filter((name) => name.endsWith('.gz'))).toEqual([]);
});
