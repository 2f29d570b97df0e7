import 'reflect-metadata';
import { setPriority } from 'node:os';
import { parentPort, workerData } from 'node:worker_threads';
import type { Logger } from 'pino';
import { makeDataSource } from '../database/data-source';
import { EventRepository } from '../database/event.repository';
import { SnapshotRepository } from '../database/snapshot.repository';
import { loadState } from './load';
import type { SnapshotMade, SnapshotOrder } from './snapshot-maker';

/** On Linux, of this thread alone: it takes what the deciding thread leaves. */
const LOW_PRIORITY = 10;

/** A thread beside the one that decides: folds the log on from the newest snapshot, and writes the next. */
async function main({ databaseUrl, epoch }: SnapshotOrder): Promise<SnapshotMade> {
  if (process.platform === 'linux') setPriority(0, LOW_PRIORITY);
  const dataSource = await makeDataSource(databaseUrl, 2).initialize();
  try {
    const warn = (fields: object, message: string): void => parentPort?.postMessage({ warning: { fields, message } });
    const snapshots = new SnapshotRepository(dataSource, { warn } as Pick<Logger, 'warn'>);
    const at = await loadState({ events: new EventRepository(dataSource), snapshots });
    const outcome = await snapshots.save(at, epoch);
    return { outcome, position: at.position, objects: at.state.size() };
  } finally {
    await dataSource.destroy();
  }
}

main(workerData as SnapshotOrder).then(
  (made) => parentPort?.postMessage({ made }),
  // Unhandled, it reaches the other side as the error that it is.
  (error: unknown) => Promise.reject(error as Error),
);
