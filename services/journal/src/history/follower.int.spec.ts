import { hashCluster } from '@shiplog/cluster';
import { eventually, TestPostgres } from '@shiplog/testing';
import type { DataSource } from 'typeorm';
import { Appender, type Commit } from '../database/append';
import { makeDataSource } from '../database/data-source';
import { repositoriesOf, type Repositories } from '../database/repositories';
import { migrate } from '../database/schema';
import { SyntheticLog } from '../testing/synthetic-log';
import { Follower, RECENT_COMMANDS } from './follower';
import { loadState } from './load';

const EVENTS = 12_000;
const EPOCH = 0;

let postgres: TestPostgres;
let dataSource: DataSource;
let log: Repositories;
let appender: Appender;
let commits: Iterator<Commit>;
const warn = jest.fn();

beforeAll(async () => {
  postgres = await TestPostgres.start();
  const url = await postgres.database('log');
  dataSource = await makeDataSource(url).initialize();
  await migrate(dataSource);
  log = repositoriesOf(dataSource);
  await log.partitions.makeRoom(0, 5_000, 100_000);
  appender = await Appender.open(url, EPOCH, () => undefined);
  commits = new SyntheticLog().commits(200_000, 500)[Symbol.iterator]();
  while ((await append()) < EVENTS) continue;
});

afterAll(async () => {
  await appender.close();
  await dataSource.destroy();
  await postgres.stop();
});

/** Returns where the log is then. */
async function append(): Promise<number> {
  const next = commits.next();
  if (next.done === true) throw new Error('the synthetic log is too short');
  await appender.append(next.value);
  return next.value.events.at(-1)?.position ?? 0;
}

it('folds on what is written meanwhile, and at the takeover reads the end only: no snapshot, and not the log again', async () => {
  await log.snapshots.save(await loadState(log), EPOCH);
  const load = jest.spyOn(log.snapshots, 'load');
  const read = jest.spyOn(log.events, 'read');
  const follower = new Follower(log, { warn });
  await follower.follow();
  expect(load).toHaveBeenCalledTimes(1);
  const later = await append();
  await eventually(() => follower.position === later);
  await follower.stop();
  read.mockClear();
  const commands = jest.spyOn(log.commands, 'newest');
  const end = await append();
  const taken = await follower.take();
  expect(taken.position).toBe(end);
  expect(load).toHaveBeenCalledTimes(1);
  expect(Math.min(...read.mock.calls.map(([after]) => after))).toBe(later);
  expect(commands.mock.calls).toEqual([[RECENT_COMMANDS.commands, expect.any(String)]]);
  commands.mockRestore();
  const inLog = (await log.commands.newest(RECENT_COMMANDS.commands)).map(({ id }) => id);
  // Those of one commit have one time.
  expect(new Set(taken.newest)).toEqual(new Set(inLog));
  const cold = await loadState(log);
  expect(hashCluster(taken.state)).toBe(hashCluster(cold.state));
  expect(taken.channels).toEqual(cold.channels);
});

it('keeps its state when the way to Postgres breaks, and goes on from there', async () => {
  const follower = new Follower(log, { warn });
  await follower.follow();
  const load = jest.spyOn(log.snapshots, 'load');
  load.mockClear();
  await postgres.pause();
  await eventually(() => warn.mock.calls.length > 0);
  await postgres.resume();
  appender = await Appender.open(postgres.url('log'), EPOCH, () => undefined);
  const end = await append();
  await eventually(() => follower.position === end);
  expect(load).not.toHaveBeenCalled();
  await follower.stop();
});

it('begins with a snapshot again when what it stood on has left the log', async () => {
  const follower = new Follower(log, { warn });
  await follower.follow();
  await follower.stop();
  let end = await append();
  while (end < 27_000) end = await append();
  const at = await loadState(log);
  await log.snapshots.save(at, EPOCH);
  for (const partition of await log.partitions.list()) {
    if (partition.to <= 25_000) await eventually(async () => (await log.partitions.drop(partition)) === 'dropped');
  }
  const taken = await follower.take();
  expect(taken.position).toBe(end);
  expect(hashCluster(taken.state)).toBe(hashCluster(at.state));
});
