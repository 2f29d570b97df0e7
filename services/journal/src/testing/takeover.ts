import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { StoredObject } from '@shiplog/contracts';
import { eventually, programOf, ServiceProcess } from '@shiplog/testing';
import { Appender } from '../database/append';
import { makeDataSource } from '../database/data-source';
import { repositoriesOf } from '../database/repositories';
import { SnapshotMaker } from '../history/snapshot-maker';
import { createConfigMap } from './commands';
import { TestJournals } from './journals';
import { SyntheticLog } from './synthetic-log';

/** What a pod's life is to the synthetic log until it runs. */
const EVENTS_PER_POD = 5;
/** Pods whose lives are in the log; what there is beyond them is in the snapshot alone, as if their events had left. */
const LIVES = 10_000;
const TAKEOVERS = 3;

/**
 * How long writes stand still when the active journal is killed, and how long the deciding thread stands still for a
 * snapshot, with so many pods each time.
 */
export async function measureTakeover(sizes: readonly number[]): Promise<void> {
  const parts = await TestJournals.start();
  try {
    for (const pods of sizes) await measureOne(parts, pods);
  } finally {
    await parts.stop();
  }
}

async function measureOne(parts: TestJournals, pods: number): Promise<void> {
  const url = await parts.newDatabase();
  const dataSource = await makeDataSource(url).initialize();
  const log = repositoriesOf(dataSource);
  const synthetic = await fill(parts, pods);
  say(pods, `${synthetic.state.size('pods')} pods, ${await log.events.end()} events`);
  const at = { state: synthetic.state, position: await log.events.end(), channels: {} };
  say(
    pods,
    `with nothing to do it stood still ${await stall(() => new Promise((resolve) => setTimeout(resolve, 5_000)))}`,
  );
  say(
    pods,
    `snapshot on the deciding thread stood still ${await stall(() => log.snapshots.save({ ...at, state: at.state.copy() }, 0))}`,
  );
  const worker = programOf('journal', 'history/snapshot-worker');
  const maker = new SnapshotMaker(() => url, worker, { warn: (...said: unknown[]) => say(pods, JSON.stringify(said)) });
  say(pods, `snapshot beside it stood still ${await stall(() => maker.make(0, new AbortController().signal))}`);
  await dataSource.destroy();
  await takeOvers(parts, url, pods);
}

async function fill(parts: TestJournals, pods: number): Promise<SyntheticLog> {
  const lives = Math.min(pods, LIVES);
  const events = lives * EVENTS_PER_POD;
  const owner = await makeDataSource(parts.ownerUrl).initialize();
  await repositoriesOf(owner).partitions.makeRoom(0, 500_000, events);
  await owner.destroy();
  const appender = await Appender.open(parts.databaseUrl, 0, () => undefined);
  const synthetic = new SyntheticLog(lives);
  for (const commit of synthetic.commits(events, 2_000)) await appender.append(commit);
  await appender.close();
  const [item] = synthetic.state.list('pods');
  for (let n = lives; item !== undefined && n < pods; n++) {
    const more = structuredClone(item) as StoredObject;
    more.metadata.name = `more-${n}`;
    synthetic.state.put('pods', more);
  }
  return synthetic;
}

/** The longest that the event loop stood still while some work went on, and how long that took. */
async function stall(work: () => Promise<unknown>): Promise<string> {
  const delays = monitorEventLoopDelay({ resolution: 5 });
  delays.enable();
  const started = performance.now();
  await work();
  await new Promise((resolve) => setTimeout(resolve, 20));
  delays.disable();
  return `${Math.round(delays.max / 1e6)} ms at most, in ${Math.round(performance.now() - started)} ms`;
}

async function takeOvers(parts: TestJournals, url: string, pods: number): Promise<void> {
  const bus = await parts.nats.bus();
  const start = (n: number): ServiceProcess =>
    ServiceProcess.run('journal', `${pods}-${n}`, { DATABASE_URL: url, NATS_URL: parts.nats.url });
  let active = start(0);
  await active.ready(bus, { timeoutMs: 120_000 });
  for (let n = 1; n <= TAKEOVERS; n++) {
    const standby = start(n);
    await eventually(async () => (await standby.health(bus)).detail === 'standby: another journal is active', {
      timeoutMs: 120_000,
    });
    await bus.command(createConfigMap(`before-${n}`));
    const started = performance.now();
    await active.stop('SIGKILL');
    const reply = await bus.command(createConfigMap(`after-${n}`), { timeoutMs: 120_000 });
    say(pods, `takeover ${n}: a write was answered after ${Math.round(performance.now() - started)} ms (${reply.ok})`);
    active = standby;
  }
  await active.stop('SIGKILL');
}

function say(pods: number, text: string): void {
  process.stdout.write(`${pods}: ${text}\n`);
}
