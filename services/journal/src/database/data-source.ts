import { DataSource } from 'typeorm';
import { SESSION } from './client';
import { CommandRow, EventRow, SnapshotPartRow, SnapshotRow } from './entities';
import { Log1700000000001 } from './migrations/1700000000001-log';
import { Via1700000000002 } from './migrations/1700000000002-via';

/** Held while migrating, so that journals that start together migrate one after the other. */
const MIGRATION_LOCK = [0x5348, 2];

/** Also the longest wait for a connection of the pool. */
const CONNECT_MS = 30_000;

/** TypeORM's view of the log: migrations, and what the repositories read and write. */
export function makeDataSource(url: string, poolSize = 5): DataSource {
  return new DataSource({
    type: 'postgres',
    url,
    entities: [EventRow, CommandRow, SnapshotRow, SnapshotPartRow],
    migrations: [Log1700000000001, Via1700000000002],
    synchronize: false,
    poolSize,
    applicationName: 'shiplog',
    connectTimeoutMS: CONNECT_MS,
    extra: { options: SESSION, allowExitOnIdle: true },
    // A connection that Postgres drops is noticed by the query that needed it.
    poolErrorHandler: () => undefined,
  });
}

/** Brings the schema up to date. */
export async function migrate(dataSource: DataSource): Promise<void> {
  const lock = dataSource.createQueryRunner();
  try {
    await lock.query('select pg_advisory_lock($1, $2)', MIGRATION_LOCK);
    try {
      await dataSource.runMigrations({ transaction: 'all' });
    } finally {
      await lock.query('select pg_advisory_unlock($1, $2)', MIGRATION_LOCK);
    }
  } finally {
    await lock.release();
  }
}
