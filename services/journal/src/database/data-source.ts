import { setTimeout as delay } from 'node:timers/promises';
import { DataSource } from 'typeorm';
import { SESSION } from './client';
import { CommandRow, EventRow, SnapshotPartRow, SnapshotRow } from './entities';
import { Log1700000000001 } from './migrations/1700000000001-log';
import { Via1700000000002 } from './migrations/1700000000002-via';
import { MakePartition1700000000003 } from './migrations/1700000000003-make-partition';
import { DropPartition1700000000004 } from './migrations/1700000000004-drop-partition';
import { GentlePartitions1700000000010 } from './migrations/1700000000010-gentle-partitions';
import { WholeSnapshots1700000000011 } from './migrations/1700000000011-whole-snapshots';
import { Answers1700000000020 } from './migrations/1700000000020-answers';
import { DeadLetters1700000000021 } from './migrations/1700000000021-dead-letters';

const MIGRATIONS = [
  Log1700000000001,
  Via1700000000002,
  MakePartition1700000000003,
  DropPartition1700000000004,
  GentlePartitions1700000000010,
  WholeSnapshots1700000000011,
  Answers1700000000020,
  DeadLetters1700000000021,
];

/** Also the longest wait for a connection of the pool: as long as those who ask wait for an answer. */
const CONNECT_MS = 10_000;

/** TypeORM's view of the log: migrations, and what the repositories read and write. */
export function makeDataSource(url: string, poolSize = 5): DataSource {
  return new DataSource({
    type: 'postgres',
    url,
    entities: [EventRow, CommandRow, SnapshotRow, SnapshotPartRow],
    migrations: MIGRATIONS,
    synchronize: false,
    poolSize,
    applicationName: 'shiplog',
    connectTimeoutMS: CONNECT_MS,
    extra: { options: SESSION, allowExitOnIdle: true },
    // A connection that Postgres drops is noticed by the query that needed it.
    poolErrorHandler: () => undefined,
  });
}

/** Nobody listens there yet, or under that name; or the server says that it is starting up. */
const NOT_YET: ReadonlySet<unknown> = new Set(['ECONNREFUSED', 'ECONNRESET', 'ENOTFOUND', 'EAI_AGAIN', '57P03']);
const PAUSE_MS = 250;

/**
 * Connects to a server that may have been started only now.
 * @throws what it said last, when it isn't there within the time, or at once when it refuses
 */
export async function openPatiently(
  dataSource: DataSource,
  { withinMs, onWaiting }: { withinMs: number; onWaiting?: () => void },
): Promise<void> {
  const deadline = Date.now() + withinMs;
  for (;;) {
    try {
      await dataSource.initialize();
      return;
    } catch (error) {
      if (!NOT_YET.has((error as { code?: unknown }).code) || Date.now() > deadline) throw error;
    }
    onWaiting?.();
    await delay(PAUSE_MS);
  }
}
