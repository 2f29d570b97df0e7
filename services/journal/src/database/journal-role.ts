import { escapeIdentifier, escapeLiteral } from 'pg';
import type { DataSource, EntityManager } from 'typeorm';

/** Who a journal is in Postgres, when it does not own the log. */
export interface JournalRole {
  readonly role: string;
  /** Undefined leaves the one that the role has. */
  readonly password?: string;
}

/** The role can't be used: it may do what a journal must not, or may not be made here. */
export class UnfitRole extends Error {}

/**
 * Makes the role that journals log in with, and gives it what they need and no more: it reads events and commands and
 * adds to them, and changes or deletes neither. Run by the owner of a migrated log; again, it puts everything right.
 */
export async function admitJournal(dataSource: DataSource, { role, password }: JournalRole): Promise<void> {
  await dataSource.transaction(async (transaction) => {
    await ensureRole(transaction, role, password);
    const [{ schema } = { schema: 'public' }] = await transaction.query<{ schema: string }[]>(
      'select quote_ident(current_schema()) as schema',
    );
    for (const statement of grants(escapeIdentifier(role), schema)) await transaction.query(statement);
  });
}

/** The lease's row is locked by every append, which needs the right to update it. */
function grants(role: string, schema: string): string[] {
  return [
    `revoke all on all tables in schema ${schema} from ${role}`,
    `grant usage on schema ${schema} to ${role}`,
    `grant select, insert on events, commands to ${role}`,
    `grant select, update on lease to ${role}`,
    `grant select, insert, delete on snapshots, snapshot_parts to ${role}`,
    `grant select on migrations to ${role}`,
    `grant execute on function make_partition(bigint, bigint), drop_partition(text) to ${role}`,
    `grant execute on function forget_commands(bigint, integer) to ${role}`,
    `grant select, insert, update, delete on dead_letters, begun_commands to ${role}`,
  ];
}

async function ensureRole(transaction: EntityManager, role: string, password?: string): Promise<void> {
  const [found] = await transaction.query<{ mighty: boolean }[]>(EXISTING, [role]);
  if (found?.mighty === true) {
    throw new UnfitRole(`role ${role} must not own the log, nor be a superuser or a member of the owner`);
  }
  if (found !== undefined && password === undefined) return;
  const secret = password === undefined ? '' : ` password ${escapeLiteral(password)}`;
  const statement = `${found === undefined ? 'create' : 'alter'} role ${escapeIdentifier(role)} login${secret}`;
  try {
    await transaction.query(statement);
  } catch (error) {
    if ((error as { code?: string }).code !== INSUFFICIENT_PRIVILEGE) throw error;
    throw new UnfitRole(
      `role ${role} ${found === undefined ? 'does not exist and may not be made' : 'may not be given a password'} by ` +
        `this one; run as an administrator: create role ${role} login password '…' (then give no JOURNAL_PASSWORD here)`,
    );
  }
}

const INSUFFICIENT_PRIVILEGE = '42501';

const EXISTING = `
select pg_has_role(r.oid, c.relowner, 'member') as mighty
  from pg_roles r, pg_class c
 where r.rolname = $1 and c.oid = 'events'::regclass`;
