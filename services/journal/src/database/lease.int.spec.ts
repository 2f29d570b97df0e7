import { eventually, TestPostgres } from '@shiplog/testing';
import { pino } from 'pino';
import type { Client } from 'pg';
import { TcpProxy } from '@shiplog/testing';
import { connectClient, endClient } from './client';
import { makeDataSource } from './data-source';
import { Lease } from './lease';
import { migrate } from './schema';

const TTL_MS = 1_000;
const logger = pino({ level: process.env['LOG_LEVEL'] ?? 'silent' });

let postgres: TestPostgres;
let url: string;
let proxy: TcpProxy;
let admin: Client;
let databases = 0;
const held: Lease[] = [];
const waiting = new AbortController();

beforeAll(async () => {
  postgres = await TestPostgres.start();
});

beforeEach(async () => {
  url = await postgres.database(`lease${++databases}`);
  const dataSource = await makeDataSource(url).initialize();
  await migrate(dataSource);
  await dataSource.destroy();
  proxy = await TcpProxy.start({ host: '127.0.0.1', port: postgres.port });
  admin = await connectClient(url, 'admin', () => undefined);
});

afterEach(async () => {
  for (const lease of held.splice(0)) await lease.release();
  await endClient(admin);
  await proxy.stop();
});

afterAll(async () => {
  waiting.abort();
  await postgres.stop();
});

async function acquire(holder: string, databaseUrl: string, prepare = () => Promise.resolve()): Promise<Lease> {
  const lease = await Lease.acquire({ databaseUrl, holder, ttlMs: TTL_MS, logger }, waiting.signal, prepare);
  held.push(lease);
  return lease;
}

const throughProxy = () => url.replace(`:${postgres.port}/`, `:${proxy.port}/`);

/** The moment that a condition is first seen to be so, watched without a pause. */
async function whenSo(condition: () => boolean): Promise<number> {
  while (!condition()) await new Promise(setImmediate);
  return performance.now();
}

it('its holder’s deadline is before the expiry that others see, however slow the way to Postgres', async () => {
  const lease = await acquire('slow', throughProxy());
  proxy.slow(100);
  // Renewals are sent and answered slowly now: several of them pass.
  await eventually(() => renewed(4));
  proxy.blackhole();
  const over = await whenSo(() => !lease.holds());
  const { rows } = await admin.query<{ left: number }>(
    `select extract(epoch from expires_at - clock_timestamp())::float8 * 1000 as left from lease`,
  );
  expect(over).toBeLessThanOrEqual(performance.now());
  expect(rows[0]?.left).toBeGreaterThan(0);
  await expect(lease.lost).resolves.toBe('the lease could not be renewed in time');
});

/** Whether the lease was renewed so often since this was first asked. */
const seen = new Set<string>();
async function renewed(times: number): Promise<boolean> {
  const { rows } = await admin.query<{ at: string }>('select expires_at::text as at from lease');
  seen.add(rows[0]?.at ?? '');
  return seen.size > times;
}

it('does not come back to a holder that was cut off, when the way to Postgres is there again', async () => {
  const lease = await acquire('cut', throughProxy());
  proxy.blackhole();
  await lease.lost;
  proxy.heal();
  expect(lease.holds()).toBe(false);
  await lease.release();
  expect(lease.holds()).toBe(false);
});

it('given up where Postgres is out of reach takes a second, not for ever', async () => {
  const lease = await acquire('cut', throughProxy());
  proxy.blackhole();
  const started = performance.now();
  await lease.release();
  expect(performance.now() - started).toBeLessThan(5_000);
});

it('a standby prepares before it stands in line, and then is known to wait', async () => {
  const active = await acquire('active', url);
  expect(await active.isAwaited()).toBe(false);
  let isPrepared = false;
  const standby = acquire('standby', url, async () => {
    expect(await active.isAwaited()).toBe(false);
    isPrepared = true;
  });
  await eventually(() => active.isAwaited());
  expect(isPrepared).toBe(true);
  await active.release();
  expect((await standby).epoch).toBe(active.epoch + 1);
});

it('a standby whose own connections break goes on watching, and deposes a holder that hangs', async () => {
  const hung = await acquire('hung', throughProxy());
  const standby = acquire('standby', url);
  const watcher = `select pg_terminate_backend(pid) from pg_stat_activity
                    where application_name = 'shiplog standby' and datname = current_database()`;
  await eventually(async () => ((await admin.query(watcher)).rowCount ?? 0) > 0);
  proxy.blackhole();
  const lease = await standby;
  expect(lease.epoch).toBe(hung.epoch + 1);
  expect(hung.holds()).toBe(false);
  expect(lease.holds()).toBe(true);
});

it('a standby that Postgres has forgotten, and was not told, stands in line again', async () => {
  const active = await acquire('active', url);
  const forgotten = acquire('standby', throughProxy()).then(
    () => 'has it',
    () => 'was told',
  );
  await eventually(() => active.isAwaited());
  const cut = { pid: 0 };
  const { rows } = await admin.query<{ pid: number }>(`select pid from pg_stat_activity
    where application_name = 'shiplog lease' and wait_event_type = 'Lock' and datname = current_database()`);
  cut.pid = rows[0]?.pid ?? 0;
  proxy.blackhole();
  await admin.query('select pg_terminate_backend($1)', [cut.pid]);
  proxy.heal();
  await expect(forgotten).resolves.toBe('was told');
});

it('tells how long the holder before may believe in its lease, and is confirmed while there is no newer epoch', async () => {
  const first = await acquire('first', url);
  expect(first.predecessorMs).toBe(0);
  expect(await first.confirm()).toBe(true);
  const renewedAt = performance.now();
  await admin.query(`select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and granted`);
  const second = await acquire('second', url);
  expect(second.predecessorMs).toBeGreaterThan(TTL_MS - (performance.now() - renewedAt) - 50);
  expect(second.predecessorMs).toBeLessThanOrEqual(TTL_MS);
  expect(await first.confirm()).toBe(false);
  expect(await second.confirm()).toBe(true);
});

it('is lost at once when a newer epoch is heard of, and by no older one', async () => {
  const lease = await acquire('active', url);
  lease.supersede(lease.epoch);
  expect(lease.holds()).toBe(true);
  lease.supersede(lease.epoch + 1);
  expect(lease.holds()).toBe(false);
  await expect(lease.lost).resolves.toMatch(/has begun epoch/);
});
