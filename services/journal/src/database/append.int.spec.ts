import { EVENT_FORMAT, type LogEvent } from '@shiplog/contracts';
import { TestPostgres } from '@shiplog/testing';
import type { Client } from 'pg';
import { Appender, type Commit } from './append';
import { connectClient, endClient } from './client';
import { makeDataSource } from './data-source';
import { repositoriesOf } from './repositories';
import { migrate } from './schema';

const EPOCH = 1;

let postgres: TestPostgres;
let appender: Appender;
let owner: Client;

beforeAll(async () => {
  postgres = await TestPostgres.start();
  const url = await postgres.database('append');
  const dataSource = await makeDataSource(url).initialize();
  await migrate(dataSource);
  await repositoriesOf(dataSource).partitions.makeRoom(0, 1_000, 1_000);
  await dataSource.destroy();
  owner = await connectClient(url, 'owner', () => undefined);
  await owner.query('update lease set epoch = $1', [EPOCH]);
  appender = await Appender.open(url, EPOCH, () => undefined);
});

afterEach(() => owner.query('truncate events, commands'));

afterAll(async () => {
  await appender.close();
  await endClient(owner);
  await postgres.stop();
});

const bare: LogEvent = {
  position: 1,
  time: '2026-01-01T00:00:00.000Z',
  fact: 'Created',
  version: EVENT_FORMAT,
  resource: 'nodes',
  namespace: '',
  name: 'n1',
  uid: 'u1',
  node: '',
  actor: 'admin',
  commandId: 'c1',
  commandSeq: 0,
  data: {},
} as LogEvent;
const full: LogEvent = {
  ...bare,
  fact: 'Scheduled',
  resource: 'pods',
  namespace: 'default',
  node: 'n1',
  actor: `O'Brien "x" {a,b} \\ ü`,
  commandSeq: 3,
  cause: 7,
  basis: 6,
  via: 'api/one',
};

/** A commit of commands with one event each, at positions and under ids of their own. */
const commitOf = (events: readonly LogEvent[], items?: Commit['commands'][number]['items']): Commit => {
  const placed = events.map((event, i) => ({ ...event, position: i + 1, commandId: `c${i + 1}` }));
  return {
    events: placed,
    texts: placed.map(() => '{"spec":{"text":"a \\" quote, {braces}"}}'),
    commands: placed.map(({ commandId: id, position: first }) => ({ id, first, count: 1, items })),
  };
};

const rowsOfFirst = async (): Promise<unknown> => ({
  events: (await owner.query('select *, data::text as text from events where position = 1')).rows,
  commands: (await owner.query(`select id, first, count, items::text, reply::text from commands where id = 'c1'`)).rows,
});

describe('a commit of one event', () => {
  it.each([
    ['with nothing that may be left out', commitOf([bare])],
    ['with everything', commitOf([full], [{ ok: true }] as never)],
  ])('%s is written as it is among others', async (_, commit) => {
    expect(await appender.append(commit)).toBe('committed');
    const alone = await rowsOfFirst();
    await owner.query('truncate events, commands');
    const [event] = commit.events;
    const two = commitOf([event as LogEvent, bare], commit.commands[0]?.items);
    expect(await appender.append(two)).toBe('committed');
    expect(alone).toEqual(await rowsOfFirst());
    expect(alone).toMatchObject({ events: [{ position: '1' }], commands: [{ id: 'c1' }] });
  });

  it('of a command that was written before is refused whole', async () => {
    await appender.append(commitOf([bare]));
    const again = { ...commitOf([bare]), events: [{ ...bare, position: 2 }] };
    expect(await appender.append(again)).toBe('repeated-command');
    expect((await owner.query('select from events')).rowCount).toBe(1);
  });

  it('is not written in an epoch that is over', async () => {
    await owner.query('update lease set epoch = $1', [EPOCH + 1]);
    expect(await appender.append(commitOf([bare]))).toBe('deposed');
    expect((await owner.query('select from events')).rowCount).toBe(0);
    await owner.query('update lease set epoch = $1', [EPOCH]);
  });
});

describe('a commit of several events', () => {
  it('keeps the text of each one’s data, byte for byte', async () => {
    const escaped = [String.raw`tab\t, quote \", slash \\, {a,b}`, String.raw`\ud800`, String.raw`\u0000 \u001f`];
    const values = ['', ...escaped, 'ü ☃ 𝒳', 'x'.repeat(100_000)];
    const texts = values.map((value, i) => `{ "n":${i},"n":${i}, "text":"${value}"}`);
    expect(await appender.append({ ...commitOf(texts.map(() => bare)), texts })).toBe('committed');
    const { rows } = await owner.query<{ text: string }>('select data::text as text from events order by position');
    expect(rows.map(({ text }) => text)).toEqual(texts);
  });

  it('may be one of answers only', async () => {
    const answers = [{ id: 'c1', reply: '{"ok":false}' }];
    const commit = { events: [], texts: [], commands: [], answers };
    expect(await appender.append(commit)).toBe('committed');
    expect(await appender.append(commit)).toBe('answered-before');
    expect(await rowsOfFirst()).toMatchObject({ events: [], commands: [{ count: 0, reply: '{"ok":false}' }] });
  });
});
