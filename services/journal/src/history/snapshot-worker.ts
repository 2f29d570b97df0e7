import 'reflect-metadata';
import type { Logger } from 'pino';
import { makeDataSource } from '../database/data-source';
import { EventRepository } from '../database/event.repository';
import { SnapshotRepository } from '../database/snapshot.repository';
import { loadState } from './load';
import type { SnapshotMade, SnapshotOrder, SnapshotSaid } from './snapshot-maker';

/** A program beside the one that decides: folds the log on from the newest snapshot, and writes the next. */
async function make({ databaseUrl, epoch }: SnapshotOrder): Promise<SnapshotMade> {
  const dataSource = await makeDataSource(databaseUrl, 2).initialize();
  const warn = (fields: object, message: string): void => say({ warning: { fields, message } });
  const snapshots = new SnapshotRepository(dataSource, { warn } as Pick<Logger, 'warn'>);
  const at = await loadState({ events: new EventRepository(dataSource), snapshots });
  const outcome = await snapshots.save(at, epoch);
  return { outcome, position: at.position, objects: at.state.size() };
}

function say(said: SnapshotSaid, after?: () => void): void {
  process.send?.(said, undefined, undefined, after);
}

/** What is open ends with the process: who wants nothing more of it may say so at any moment by being gone. */
const leave = (): void => process.exit();
process.once('disconnect', leave);
process.once('message', (order: SnapshotOrder) => {
  make(order).then(
    (made) => say({ made }, leave),
    (error: unknown) => say({ failed: error instanceof Error ? (error.stack ?? error.message) : String(error) }, leave),
  );
});
