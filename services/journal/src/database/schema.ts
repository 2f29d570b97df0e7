import type { DataSource } from 'typeorm';

/** Held while migrating, so that journals that start together migrate one after the other. */
const MIGRATION_LOCK = [0x5348, 2];

/** Brings the schema up to date; the role must own the log, or be about to. */
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

/** The schema is older than this journal, whose role may not change it. */
export class OutdatedSchema extends Error {
  constructor(role: string, missing: readonly string[]) {
    super(
      `the database lacks ${missing.join(', ')}, which its role ${role} may not add; ` +
        'run: DATABASE_URL=<of the owner> node dist/services/journal/src/migrate.js',
    );
    this.name = 'OutdatedSchema';
  }
}

/**
 * Migrates where the role owns the log (a database with one role for everything). Where it does not, checks that the
 * owner has. Throws OutdatedSchema.
 */
export async function bringUpToDate(dataSource: DataSource): Promise<void> {
  const [rights] = await dataSource.query<{ role: string; owns: boolean; reads: boolean }[]>(RIGHTS);
  if (rights === undefined || rights.owns) return migrate(dataSource);
  const applied = rights.reads ? await dataSource.query<{ name: string }[]>('select name from migrations') : [];
  const names = new Set(applied.map(({ name }) => name));
  const missing = dataSource.migrations.map(({ name }) => name ?? '').filter((name) => !names.has(name));
  if (missing.length > 0) throw new OutdatedSchema(rights.role, missing);
}

/** Whether this role has the rights of the log's owner (of an empty database: may make tables). */
const RIGHTS = `
select current_user as role,
       coalesce((select pg_has_role(c.relowner, 'usage') from pg_class c where c.oid = to_regclass('events')),
                has_schema_privilege(current_schema(), 'create')) as owns,
       coalesce(has_table_privilege(to_regclass('migrations'), 'select'), false) as reads`;
