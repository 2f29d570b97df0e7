import { chmodSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ordinaryUser } from '@shiplog/postgres';
import { build } from '@shiplog/testing';
import { Client } from 'pg';
import { Cluster } from '../cluster';
import { settingsFrom } from '../settings';
import { postgres } from './postgres';
import { chooseAddress, databaseUrl } from './postgres-socket';

let folder: string;
const clusters: Cluster[] = [];

/** A cluster that has everything below one folder, its sockets too. */
function makeCluster({ home = join(folder, 'home'), runDir = join(folder, 'run') } = {}): Cluster {
  const cluster = new Cluster(settingsFrom({ SHIPLOG_HOME: home }), () => undefined);
  Object.assign(cluster, { layout: { ...cluster.layout, runDir } });
  cluster.home.make();
  clusters.push(cluster);
  return cluster;
}

async function ask<Row extends object>(url: string, ...statements: string[]): Promise<Row[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    let rows: Row[] = [];
    for (const statement of statements) ({ rows } = await client.query<Row>(statement));
    return rows;
  } finally {
    await client.end();
  }
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'shiplog-pg-'));
  chmodSync(folder, 0o711);
  await build();
});

afterEach(async () => {
  for (const cluster of clusters.splice(0)) await cluster.registry.stop(() => undefined);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('the embedded Postgres', () => {
  it('listens on a socket where only its own user can make one, and on no port', async () => {
    const cluster = makeCluster();
    await postgres.run(cluster, () => undefined);
    const place = new URL(cluster.databaseUrl.replace('@/', '@socket/')).searchParams.get('host') ?? '';
    expect(statSync(place).mode & 0o777).toBe(0o711);
    expect(statSync(place).uid).toBe((await ordinaryUser())?.uid ?? process.getuid?.());
    expect(await ask(cluster.databaseUrl, 'show listen_addresses')).toEqual([{ listen_addresses: '' }]);
    const wrong = cluster.databaseUrl.replace(/:[0-9a-f]+@/, ':wrong@');
    await expect(ask(wrong, 'select 1')).rejects.toThrow('password authentication failed');
  });

  it('gives the journal a role that adds to the log and cannot change it', async () => {
    const cluster = makeCluster();
    await postgres.run(cluster, () => undefined);
    const who = 'select rolname, rolsuper, rolcreaterole, rolcreatedb from pg_roles where rolname = current_user';
    expect(await ask(cluster.databaseUrl, who)).toEqual([
      { rolname: 'shiplog_journal', rolsuper: false, rolcreaterole: false, rolcreatedb: false },
    ]);
    await ask(cluster.databaseUrl, 'select make_partition(0, 100)', 'select * from events');
    await expect(ask(cluster.databaseUrl, `update events set actor = 'x'`)).rejects.toThrow('permission denied');
    await expect(ask(cluster.databaseUrl, 'drop table events')).rejects.toThrow('must be owner');
  });

  it('of a release that knew one superuser is upgraded by the next start', async () => {
    const before = makeCluster();
    await postgres.run(before, () => undefined);
    await ask(
      before.ownerDatabaseUrl,
      'drop owned by shiplog_journal',
      'drop role shiplog_journal',
      'drop function make_partition(bigint, bigint), drop_partition(text), forget_commands(bigint, integer)',
      'drop table snapshot_parts, snapshots, dead_letters, begun_commands',
      ...TABLES_OF_BEFORE,
      'alter table events drop column via',
      `delete from migrations where name <> 'Log1700000000001'`,
    );
    await before.registry.stop(() => undefined);
    rmSync(before.home.at('secret-postgres-journal'));
    const after = makeCluster();
    await postgres.run(after, () => undefined);
    expect(await ask(after.databaseUrl, 'select via from events')).toEqual([]);
  });
});

/** As the first migration made them. */
const TABLES_OF_BEFORE = [
  'drop index commands_at',
  'alter table commands drop column at, drop column reply, alter column first set not null',
  'create index commands_first on commands (first)',
  `create table snapshots (position bigint primary key, taken_at timestamptz not null default now(),
     objects integer not null, parts integer not null, hash text not null, channels json not null)`,
  `create table snapshot_parts (position bigint not null, seq integer not null, data bytea not null,
     primary key (position, seq))`,
];

describe('where it listens', () => {
  it('is 127.0.0.1 when no folder has a path short enough for a socket', async () => {
    const long = join(folder, 'l'.repeat(100));
    const address = await chooseAddress(makeCluster({ home: join(long, 'home'), runDir: join(long, 'run') }));
    expect(address).toMatchObject({ kind: 'tcp', host: '127.0.0.1' });
    expect(databaseUrl(address, 'a', 'p@w', 'd')).toMatch(/^postgres:\/\/a:p%40w@127\.0\.0\.1:\d+\/d$/);
  });

  it('is below the home when there is no other folder for it', async () => {
    writeFileSync(join(folder, 'file'), '');
    const cluster = makeCluster({ runDir: join(folder, 'file', 'run') });
    const runtimeFolder = process.env.XDG_RUNTIME_DIR;
    delete process.env.XDG_RUNTIME_DIR;
    const address = await chooseAddress(cluster);
    if (runtimeFolder !== undefined) process.env.XDG_RUNTIME_DIR = runtimeFolder;
    expect(address).toEqual({ kind: 'socket', folder: cluster.home.at('postgres-socket') });
    expect(databaseUrl(address, 'a', 'b', 'd')).toBe(`postgres://a:b@/d?host=${cluster.home.at('postgres-socket')}`);
  });
});
