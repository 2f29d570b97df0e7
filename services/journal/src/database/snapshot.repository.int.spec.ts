import { hashCluster } from '@shiplog/cluster';
import { TestPostgres } from '@shiplog/testing';
import type { DataSource } from 'typeorm';
import { SyntheticLog } from '../testing/synthetic-log';
import { makeDataSource } from './data-source';
import { admitJournal } from './journal-role';
import { partsOfState } from './snapshot-parts';
import { Log1700000000001 } from './migrations/1700000000001-log';
import { migrate } from './schema';
import { SnapshotRepository, type StateAt } from './snapshot.repository';

const ROLE = 'shiplog_journal';
const EPOCH = 7;

let postgres: TestPostgres;
let owner: DataSource;
let journal: DataSource;
let snapshots: SnapshotRepository;
let databases = 0;
const warnings: { position: number; reason: string }[] = [];
const logger = { warn: (fields: { position: number; reason: string }) => void warnings.push(fields) };

beforeAll(async () => {
  postgres = await TestPostgres.start();
});

afterAll(() => postgres.stop());

beforeEach(async () => {
  const name = `snapshots${++databases}`;
  owner = await makeDataSource(await postgres.database(name)).initialize();
  await migrate(owner);
  await admitJournal(owner, { role: ROLE });
  await owner.query('update lease set epoch = $1', [EPOCH]);
  journal = await makeDataSource(postgres.url(name, ROLE)).initialize();
  snapshots = new SnapshotRepository(journal, logger as never);
  warnings.length = 0;
});

afterEach(async () => {
  await journal.destroy();
  await owner.destroy();
});

/** States of some hundred pods: more than one part each. */
function stateAt(position: number): StateAt {
  const log = new SyntheticLog();
  for (const _ of log.commits(position)) continue;
  return { state: log.state, position, channels: { pods: position } };
}

const positionOf = async (at?: number) => (await snapshots.load(at))?.position;

it('is loaded as it was saved', async () => {
  const at = stateAt(2_000);
  await expect(snapshots.save(at, EPOCH)).resolves.toBe('saved');
  const loaded = await snapshots.load();
  expect(loaded).toMatchObject({ position: 2_000, channels: { pods: 2_000 } });
  expect(hashCluster(loaded?.state ?? stateAt(10).state)).toBe(hashCluster(at.state));
});

it('of a deposed journal leaves nothing', async () => {
  await expect(snapshots.save(stateAt(100), EPOCH - 1)).resolves.toBe('deposed');
  expect(await owner.query('select from snapshot_parts')).toHaveLength(0);
  await expect(snapshots.load()).resolves.toBeUndefined();
});

describe('that can not be trusted is passed over for the one before, by name:', () => {
  beforeEach(async () => {
    await snapshots.save(stateAt(1_000), EPOCH);
    await snapshots.save(stateAt(2_000), EPOCH);
  });

  it.each([
    ['one that lacks a part', `delete from snapshot_parts where seq = 0 and snapshot = $1`, /lacks part 0/],
    [
      'one whose part is cut off',
      `update snapshot_parts set data = substr(data, 1, 99) where snapshot = $1`,
      /can't be read/,
    ],
    ['one that hashes to something else', `update snapshots set hash = 'x' where id = $1`, /hashes to .*, not to x/],
    ['one of a format that is not known', `update snapshots set format = 99 where id = $1`, /its format is 99/],
  ])('%s', async (_, damage, reason) => {
    const [{ id }] = (await owner.query('select id from snapshots where position = 2000')) as [{ id: string }];
    await owner.query(damage, [id]);
    expect(await positionOf()).toBe(1_000);
    expect(warnings).toEqual([{ snapshot: id, position: 2_000, reason: expect.stringMatching(reason) as string }]);
  });
});

it('two at one position, taken at the same time, are both whole; one that leaves takes nothing from the other', async () => {
  const at = stateAt(1_500);
  await Promise.all([snapshots.save(at, EPOCH), snapshots.save(at, EPOCH), snapshots.dropBefore(1_000)]);
  const rows = (await owner.query('select id from snapshots')) as { id: string }[];
  expect(rows).toHaveLength(2);
  await owner.query('delete from snapshots where id = $1', [rows[0]?.id]);
  expect(await positionOf()).toBe(1_500);
  expect(warnings).toEqual([]);
});

it('stays whole under its reader when it is dropped meanwhile', async () => {
  await snapshots.save(stateAt(3_000), EPOCH);
  const [{ parts }] = (await owner.query('select parts from snapshots')) as [{ parts: number }];
  expect(parts).toBeGreaterThan(1);
  const reading = snapshots.load();
  const dropping = owner.query('delete from snapshots');
  const [loaded] = await Promise.all([reading, dropping]);
  // It is read whole, or was gone before its first byte was read.
  if (loaded !== undefined) expect(loaded.position).toBe(3_000);
  expect(warnings).toEqual([]);
  expect(await owner.query('select from snapshot_parts')).toHaveLength(0);
});

it('no more are kept than asked for, and always the newest', async () => {
  for (const position of [100, 200, 300, 400, 500]) await snapshots.save(stateAt(position), EPOCH);
  await snapshots.thin(3);
  expect(await owner.query('select position from snapshots')).toHaveLength(3);
  expect(await positionOf()).toBe(500);
});

it('of 0.1 is upgraded in place, and trusted if it hashes to what it says', async () => {
  const url = await postgres.database(`before${databases}`);
  const before = await makeDataSource(url)
    .setOptions({ migrations: [Log1700000000001] })
    .initialize();
  await migrate(before);
  for (const [position, hash] of [
    [1_000, undefined],
    [2_000, 'broken'],
  ] as const) {
    const { state } = stateAt(position);
    let seq = 0;
    for await (const data of partsOfState(state)) {
      await before.query('insert into snapshot_parts (position, seq, data) values ($1, $2, $3)', [
        position,
        seq++,
        data,
      ]);
    }
    await before.query('insert into snapshots (position, objects, parts, hash, channels) values ($1, $2, $3, $4, $5)', [
      position,
      state.size(),
      seq,
      hash ?? hashCluster(state),
      { pods: position },
    ]);
  }
  await before.query(`insert into snapshot_parts (position, seq, data) values (3000, 0, '')`);
  await before.destroy();
  const now = await makeDataSource(url).initialize();
  await migrate(now);
  const upgraded = new SnapshotRepository(now, logger as never);
  expect(await upgraded.load()).toMatchObject({ position: 1_000, channels: { pods: 1_000 } });
  expect(warnings).toMatchObject([{ position: 2_000 }]);
  await now.destroy();
});
