import { pino } from 'pino';
import type { Partition } from '../database/partition.repository';
import { LogMaintenance, type MaintenanceParts } from './log-maintenance';

const config = {
  snapshotEvery: 100,
  snapshotCalm: 1_000,
  snapshotsKept: 5,
  partitionSize: 1_000,
  retentionEvents: 200,
  archiveDir: '/a',
};
const first: Partition = { name: 'events_0_1000', from: 0, to: 1_000 };

/** A log for maintenance; what it did with it, in order. */
function fakeLog(dropped: ('dropped' | 'busy')[] = []) {
  const did: string[] = [];
  const list = [first];
  const taken: number[] = [];
  return {
    did,
    taken,
    partitions: {
      makeRoom: () => Promise.resolve(1_000_000),
      list: () => Promise.resolve([...list]),
      archive: (partition: Partition) => (did.push(`archive ${partition.name}`), Promise.resolve('file')),
      drop: ({ name }: Partition) => {
        const outcome = dropped.shift() ?? 'dropped';
        if (outcome === 'dropped') list.splice(0);
        did.push(`${outcome} ${name}`);
        return Promise.resolve(outcome);
      },
    },
    commands: { forget: () => Promise.resolve(false) },
    snapshots: {
      newest: (atMost = Infinity) => Promise.resolve(taken.filter((at) => at <= atMost).at(-1)),
      thin: () => Promise.resolve(),
      dropBefore: (position: number) => (did.push(`snapshots before ${position} leave`), Promise.resolve()),
    },
  };
}

type FakeLog = ReturnType<typeof fakeLog>;

beforeEach(() => {
  jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick'] });
});
afterEach(() => {
  jest.useRealTimers();
});

/** Maintenance of a log that can grow to a position, which then takes a second in which no more comes, and all it does. */
async function start(log: FakeLog, make?: MaintenanceParts['maker']['make'], settings: object = config) {
  const writer = { position: 0, state: { size: () => 1, copy: () => fail('the deciding thread copies no state') } };
  const maker = {
    make: make ?? (() => (log.taken.push(writer.position), Promise.resolve(made(writer.position)))),
  };
  const parts = {
    log,
    config: settings,
    writer,
    heads: { all: () => ({}) },
    epoch: 3,
    maker,
    logger: pino({ level: 'silent' }),
  };
  const maintenance = await LogMaintenance.start(parts as unknown as MaintenanceParts);
  const grow = async (position: number, withinMs = 1_000): Promise<void> => {
    writer.position = position;
    maintenance.look();
    jest.advanceTimersByTime(withinMs);
    for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
  };
  return { maintenance, grow };
}

const made = (position: number, outcome: 'saved' | 'deposed' = 'saved') => ({ outcome, position, objects: 1 });

it('has snapshots made elsewhere, in its own epoch', async () => {
  const make = jest.fn((epoch: number) => Promise.resolve(made(100 * epoch)));
  const { grow } = await start(fakeLog(), make);
  await grow(150);
  expect(make).toHaveBeenCalledWith(3, expect.any(AbortSignal));
});

it('a snapshot that a newer epoch refused drops nothing of the log', async () => {
  const log = fakeLog();
  const { grow } = await start(log, () => Promise.resolve(made(5_000, 'deposed')));
  await grow(5_000);
  expect(log.did).toEqual([]);
});

it('a partition leaves when a snapshot leads on to everything that is to be kept, and not before', async () => {
  const log = fakeLog();
  const { grow } = await start(log);
  await grow(900);
  // Only the snapshot at 900 leads on to 1,100: the partition that ends at 1,000 is needed.
  await grow(1_300);
  expect(log.did).not.toContain('dropped events_0_1000');
  await grow(1_600);
  expect(log.did.slice(-3)).toEqual(['archive events_0_1000', 'dropped events_0_1000', 'snapshots before 999 leave']);
});

it('a partition that is read is tried again later, and not archived again', async () => {
  const log = fakeLog(['busy']);
  log.taken.push(1_000);
  const { grow } = await start(log);
  await grow(1_300);
  await grow(1_310);
  expect(log.did.filter((item) => item.endsWith(first.name))).toEqual(['archive events_0_1000', 'busy events_0_1000']);
  jest.advanceTimersByTime(5_001);
  await grow(1_320);
  expect(log.did.slice(2, 3)).toEqual(['dropped events_0_1000']);
});

describe('a snapshot that is due', () => {
  const settings = { ...config, snapshotEvery: 1_000 };
  it('waits while events come thick and fast, and is taken after a whole second without', async () => {
    const log = fakeLog();
    const { grow } = await start(log, undefined, settings);
    for (let position = 1_100; position <= 2_600; position += 300) await grow(position, 300);
    expect(log.taken).toEqual([]);
    await grow(2_600, 2_000);
    expect(log.taken).toEqual([2_600]);
  });

  it('waits no longer than for as many events as belong between three', async () => {
    const log = fakeLog();
    const { grow } = await start(log, undefined, settings);
    for (let position = 1_100; position <= 3_200; position += 300) await grow(position, 300);
    expect(log.taken).toEqual([3_200]);
  });
});

it('ends a snapshot under way when it stops', async () => {
  const aborted = jest.fn();
  const make = (_: number, signal: AbortSignal): Promise<never> =>
    new Promise((__, reject) =>
      signal.addEventListener('abort', () => {
        aborted();
        reject(new Error('aborted'));
      }),
    );
  const { maintenance, grow } = await start(fakeLog(), make);
  await grow(150);
  await maintenance.stop({ snapshot: false });
  expect(aborted).toHaveBeenCalled();
});
