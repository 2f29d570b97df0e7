import type { QueryRunner } from 'typeorm';

/**
 * Makes a function in PL/pgSQL that runs with the rights of the log's owner, and that nobody else may call until it is
 * granted. Its names are looked up in the log's own schema, whoever calls it.
 * @param signature its name and typed parameters
 */
export async function createDefinerFunction(
  runner: QueryRunner,
  signature: string,
  body: string,
  returns: 'void' | 'integer' = 'void',
): Promise<void> {
  const [{ schema } = { schema: 'public' }] = (await runner.query(
    'select quote_ident(current_schema()) as schema',
  )) as { schema: string }[];
  await runner.query(
    `create function ${signature} returns ${returns} language plpgsql security definer set search_path = ${schema}, pg_temp
     as $$${body}$$`,
  );
  await runner.query(`revoke execute on function ${signature} from public`);
}
