import { Client } from 'pg';
import type { DataSource } from 'typeorm';
import { build, Program, programOf, TestPostgres } from '@shiplog/testing';
import { SyntheticLog } from '../testing/synthetic-log';
import { Appender } from './append';
import { makeDataSource } from './data-source';
import { admitJournal, UnfitRole } from './journal-role';
import type { LateEvent } from './logged-row';
import { Log1700000000001 } from './migrations/1700000000001-log';
import { repositoriesOf, type Repositories } from './repositories';
import { bringUpToDate, migrate, OutdatedSchema } from './schema';

const ROLE = 'shiplog_journal';
const SIZE = 100;

let postgres: TestPostgres;
let owner: DataSource;
let journal: DataSource;
let log: Repositories;
let appender: Appender;

beforeAll(async () => {
  postgres = await TestPostgres.start();
  owner = await makeDataSource(await postgres.database('log')).initialize();
  await migrate(owner);
  await admitJournal(owner, { role: ROLE });
  journal = await makeDataSource(postgres.url('log', ROLE)).initialize();
  log = repositoriesOf(journal);
  await log.partitions.makeRoom(0, SIZE, 3 * SIZE);
  appender = await Appender.open(postgres.url('log', ROLE), 0, () => undefined);
  for (const commit of new SyntheticLog().commits(250)) {
    const events = commit.events.map((event) => ({ ...event, via: 'api.main' }));
    expect(await appender.append({ ...commit, events })).toBe('committed');
  }
});

afterAll(async () => {
  await appender.close();
  await journal.destroy();
  await owner.destroy();
  await postgres.stop();
});

describe('the journal’s role', () => {
  it.each([
    `update events set actor = 'someone else' where position = 1`,
    'delete from events where position = 1',
    'truncate events',
    'truncate events_0_100',
    'drop table events',
    'drop table events_0_100',
    'alter table events add column more text',
    'alter table events detach partition events_0_100',
    'alter table events disable trigger all',
    `insert into events_0_100 select * from events where position = 1`,
    `update commands set first = 1`,
    'delete from commands',
    'delete from lease',
    `insert into lease values (2, 0, '', now())`,
    'update snapshots set position = 1',
    `insert into migrations (timestamp, name) values (1, 'x')`,
    'create table more (x text)',
    'drop function drop_partition(text)',
    `alter function drop_partition(text) owner to ${ROLE}`,
    `alter role ${ROLE} superuser`,
    'set role postgres',
    `copy events to program 'cat'`,
  ])('may not: %s', async (statement) => {
    await expect(journal.query(statement)).rejects.toThrow(/permission denied|must be (owner|able)/);
  });

  it('reads what it has appended, by either way, with who vouched for the sender', async () => {
    const end = await log.events.end();
    const read: LateEvent[] = [];
    for await (const events of log.events.read(0)) read.push(...events);
    expect(read).toHaveLength(end);
    const [newest] = await log.events.newest(1);
    expect(newest).toMatchObject({ position: end, via: 'api.main' });
    expect(newest).toMatchObject({ ...read.at(-1)?.read() });
  });

  it('can stop reading in the middle, and the connections stay good', async () => {
    for (let i = 0; i < 10; i++) for await (const _ of log.events.read(0)) break;
    expect(await log.events.end()).toBeGreaterThan(200);
  });

  it('makes the next partition, and no other', async () => {
    const [last] = (await log.partitions.list()).slice(-1);
    const call = (from: number, to: number) => journal.query('select make_partition($1, $2)', [from, to]);
    const end = last?.to ?? NaN;
    await expect(call(end + SIZE, end + 2 * SIZE)).rejects.toThrow(`must begin where the last one ends, at ${end}`);
    await expect(call(end, end)).rejects.toThrow('must begin where the last one ends');
    await call(end, end + SIZE);
    expect((await log.partitions.list()).at(-1)).toEqual({
      name: `events_${end}_${end + SIZE}`,
      from: end,
      to: end + SIZE,
    });
  });

  it('forgets answers that are old enough, some at a time, and no others', async () => {
    const count = async () => {
      const [{ n }] = await owner.query<[{ n: number }]>('select count(*)::integer as n from commands');
      return n;
    };
    const before = await count();
    await owner.query(
      `insert into commands (id, count, reply, at)
       select 'old-' || n, 0, '{"ok":true}', now() - interval '61 minutes' from generate_series(1, 2500) n`,
    );
    expect(await log.commands.forget(3_600_000)).toBe(true);
    expect(await count()).toBe(before + 500);
    expect(await log.commands.forget(3_600_000)).toBe(false);
    expect(await count()).toBe(before);
    await expect(log.commands.forget(59_000)).rejects.toThrow('answers are kept for a minute at least');
  });

  it('keeps the first answer of a command, whatever else is said to be it', async () => {
    const end = await log.events.end();
    const reply = (n: number) => JSON.stringify({ ok: true, position: n, events: 0 });
    const answered = (...ids: string[]) => ({
      events: [],
      texts: [],
      commands: [],
      answers: ids.map((id, n) => ({ id, reply: reply(n) })),
    });
    expect(await appender.append(answered('a', 'b'))).toBe('committed');
    expect(await appender.append(answered('c', 'b'))).toBe('answered-before');
    const answers = await log.commands.answers(['a', 'b', 'c', 'd', 'command-1']);
    expect(answers).toEqual(
      new Map([
        ['a', { ok: true, position: 0, events: 0 }],
        ['b', { ok: true, position: 1, events: 0 }],
        ['c', { ok: true, position: 0, events: 0 }],
        [
          'command-1',
          expect.objectContaining({
            position: 1,
            events: 1,
            key: { resource: 'namespaces', namespace: '', name: 'default' },
          }),
        ],
      ]),
    );
    expect(await log.events.end()).toBe(end);
    expect((await log.commands.newest(3)).map(({ id }) => id)).toEqual(expect.arrayContaining(['a', 'b', 'c']));
  });

  it('lets partitions leave from the oldest on, and only what a snapshot leads on from', async () => {
    const [first, second] = await log.partitions.list();
    if (first === undefined || second === undefined) throw new Error('there must be two partitions');
    await expect(log.partitions.drop(first)).rejects.toThrow('must end before the newest snapshot');
    await owner.query(
      `insert into snapshots (id, position, epoch, format, objects, parts, hash, channels)
       values (gen_random_uuid(), 1000000, 0, 1, 0, 0, '', '{}')`,
    );
    await expect(log.partitions.drop(second)).rejects.toThrow('must be the oldest partition of the log');
    expect(await log.partitions.drop(first)).toBe('dropped');
    expect(await log.partitions.firstKept()).toBe(first.to);
    await log.partitions.drop(second);
    const [head] = await log.partitions.list();
    await expect(log.partitions.drop(head as typeof first)).rejects.toThrow('must end before the last event');
  });

  it('is not one that could change the log by itself', async () => {
    await owner.query('create role mighty superuser login');
    await expect(admitJournal(owner, { role: 'mighty' })).rejects.toThrow(UnfitRole);
    await expect(admitJournal(owner, { role: 'postgres' })).rejects.toThrow('must not own the log');
  });

  it('loses what it was granted by mistake when it is admitted again', async () => {
    await owner.query(`grant delete on events to ${ROLE}`);
    await admitJournal(owner, { role: ROLE });
    await expect(journal.query('delete from events')).rejects.toThrow('permission denied');
  });
});

describe('a database of before', () => {
  it('is upgraded by a role that owns it; its events have nobody who vouched, its answers are kept from then on', async () => {
    const url = await postgres.database('before');
    const old = await makeDataSource(url)
      .setOptions({ migrations: [Log1700000000001] })
      .initialize();
    await migrate(old);
    await old.query('create table events_0_100 partition of events for values from (0) to (100)');
    await old.query(
      `insert into events values (1, now(), 'NamespaceCreated', 1, 'namespaces', '', 'default', 'u', '', 'someone', 'c', 0,
                                  null, null, '{}')`,
    );
    await old.query(`insert into commands values ('c', 1, 1, null)`);
    await old.destroy();
    const dataSource = await makeDataSource(url).initialize();
    await bringUpToDate(dataSource);
    const { events, partitions, commands } = repositoriesOf(dataSource);
    const key = { resource: 'namespaces', namespace: '', name: 'default' };
    expect((await commands.answers(['c'])).get('c')).toMatchObject({ ok: true, position: 1, events: 1, key });
    expect(await commands.forget(3_600_000)).toBe(false);
    expect((await commands.answers(['c'])).size).toBe(1);
    const [event] = await events.newest(1);
    expect(event).toMatchObject({ position: 1, actor: 'someone' });
    expect(event?.via).toBeUndefined();
    expect(await partitions.makeRoom(1, 100, 100)).toBe(200);
    await dataSource.destroy();
  });

  it('stops a journal that may not upgrade it, with what to run; which then helps', async () => {
    const url = await postgres.database('outdated');
    const dataSource = await makeDataSource(postgres.url('outdated', ROLE)).initialize();
    await expect(bringUpToDate(dataSource)).rejects.toThrow(OutdatedSchema);
    await expect(bringUpToDate(dataSource)).rejects.toThrow('node dist/services/journal/src/migrate.js');
    await build();
    const env = { DATABASE_URL: url, JOURNAL_PASSWORD: "it's a secret" };
    expect(await Program.start([programOf('journal', 'migrate')], env).ended).toMatchObject({ code: 0 });
    await bringUpToDate(dataSource);
    await dataSource.destroy();
  });

  it('is upgraded once, by whichever of those that start together comes first', async () => {
    const url = await postgres.database('together');
    const sources = await Promise.all([1, 2, 3].map(() => makeDataSource(url).initialize()));
    await Promise.all(sources.map(bringUpToDate));
    const client = new Client({ connectionString: url });
    await client.connect();
    const { rows } = await client.query<{ n: number }>('select count(*)::int as n from migrations');
    expect(rows[0]?.n).toBe(sources[0]?.migrations.length);
    await client.end();
    await Promise.all(sources.map((source) => source.destroy()));
  });
});
