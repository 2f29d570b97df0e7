import type { QueryRunner } from 'typeorm';

/**
 * Makes a function in PL/pgSQL, or gives one a new body, that runs with the rights of the log's owner, and that nobody
 * else may call until it is granted. Its names are looked up in the log's own schema, whoever calls it.
 * @param signature its name and typed parameters
 * @param lockTimeout how long it may wait for a lock, and so how long others may have to wait behind it; else for ever
 */
export async function createDefinerFunction(
  runner: QueryRunner,
  signature: string,
  body: string,
  returns: 'void' | 'integer' = 'void',
  lockTimeout?: string,
): Promise<void> {
  const [{ schema } = { schema: 'public' }] = (await runner.query(
    'select quote_ident(current_schema()) as schema',
  )) as { schema: string }[];
  const patience = lockTimeout === undefined ? '' : ` set lock_timeout = '${lockTimeout}'`;
  await runner.query(
    `create or replace function ${signature} returns ${returns} language plpgsql security definer
     set search_path = ${schema}, pg_temp${patience} as $$${body}$$`,
  );
  await runner.query(`revoke execute on function ${signature} from public`);
}
