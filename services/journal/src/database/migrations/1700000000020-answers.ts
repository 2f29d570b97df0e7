import type { MigrationInterface, QueryRunner } from 'typeorm';
import { createDefinerFunction } from './definer-function';

/**
 * Every answered command has a row, not only one that made events, and each for a while. Rows of before count as
 * answered now.
 */
export class Answers1700000000020 implements MigrationInterface {
  name = 'Answers1700000000020';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of UP) await runner.query(statement);
    await createDefinerFunction(runner, 'forget_commands(kept_ms bigint, most integer)', FORGET, 'integer');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop function forget_commands(bigint, integer)');
    for (const statement of DOWN) await runner.query(statement);
  }
}

const UP = [
  `alter table commands alter column first drop not null,
                        add column reply json,
                        add column at timestamptz not null default now()`,
  // Rows come and go by age; their order by position is nobody's question any more.
  'drop index commands_first',
  'create index commands_at on commands (at)',
];

const DOWN = [
  'delete from commands where first is null',
  'drop index commands_at',
  'create index commands_first on commands (first)',
  'alter table commands drop column at, drop column reply, alter column first set not null',
];

const FORGET = `
declare
  gone integer;
begin
  if kept_ms < 60000 then
    raise exception 'answers are kept for a minute at least, not for % ms', kept_ms;
  end if;
  delete from commands
   where ctid = any (array(select ctid from commands where at < now() - kept_ms * interval '1 millisecond'
                            order by at limit most));
  get diagnostics gone = row_count;
  return gone;
end`;
