import { DataSource } from 'typeorm';
import { CommandRow, EventRow, SnapshotRow } from './entities';
import { Log1700000000001 } from './migrations/1700000000001-log';

/** Held while migrating, so that journals that start together migrate one after the other. */
const MIGRATION_LOCK = [0x5348, 2];

/** TypeORM's view of the log: migrations, and the queries of history. */
export function makeDataSource(url: string, poolSize = 3): DataSource {
  return new DataSource({
    type: 'postgres',
    url,
    entities: [EventRow, CommandRow, SnapshotRow],
    migrations: [Log1700000000001],
    synchronize: false,
    poolSize,
    extra: { options: '-c timezone=UTC', allowExitOnIdle: true },
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
