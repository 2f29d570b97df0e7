import 'reflect-metadata';
import { setTimeout as delay } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import type { Logger } from 'pino';
import { makeDataSource } from '../database/data-source';
import { EventRepository } from '../database/event.repository';
import { SnapshotRepository, type StateAt } from '../database/snapshot.repository';
import { LateFolding } from './late-folding';
import { nearestState } from './load';
import type { SnapshotMade, SnapshotOrder } from './snapshot-maker';

/**
 * How much of the time the thread works: nobody waits for a snapshot, and everybody for what it takes from them. Priorities
 * don't see to that: on Linux they count among the threads of one session, and each service has its own.
 */
const SHARE = 0.1;

/** Ends work that has gone on for a while, and lets others have their turn. */
class Pace {
  #since = performance.eventLoopUtilization();

  async rest(): Promise<void> {
    const { active } = performance.eventLoopUtilization(this.#since);
    await delay(active * (1 / SHARE - 1));
    this.#since = performance.eventLoopUtilization();
  }
}

/** A thread beside the one that decides: folds the log on from the newest snapshot, and writes the next. */
async function main({ databaseUrl, epoch }: SnapshotOrder): Promise<SnapshotMade> {
  const dataSource = await makeDataSource(databaseUrl, 2).initialize();
  try {
    const warn = (fields: object, message: string): void => parentPort?.postMessage({ warning: { fields, message } });
    const pace = new Pace();
    const rest = (): Promise<void> => pace.rest();
    const snapshots = new SnapshotRepository(dataSource, { warn } as Pick<Logger, 'warn'>, rest);
    const at = await foldToTheEnd(new EventRepository(dataSource), await nearestState({ snapshots }), rest);
    const outcome = await snapshots.save(at, epoch);
    return { outcome, position: at.position, objects: at.state.size() };
  } finally {
    await dataSource.destroy();
  }
}

/** Objects folded between two rests: a few milliseconds. */
const SLICE = 200;

async function foldToTheEnd(events: EventRepository, from: StateAt, rest: () => Promise<void>): Promise<StateAt> {
  const folding = new LateFolding(from);
  for await (const batch of events.readLate(from.position)) {
    folding.take(batch);
    await rest();
  }
  let folded = 0;
  for (const _ of folding.fold()) if (++folded % SLICE === 0) await rest();
  return folding.at();
}

main(workerData as SnapshotOrder).then(
  (made) => parentPort?.postMessage({ made }),
  // Unhandled, it reaches the other side as the error that it is.
  (error: unknown) => Promise.reject(error as Error),
);
