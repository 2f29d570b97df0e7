import type { MigrationInterface, QueryRunner } from 'typeorm';
import { createDefinerFunction } from './definer-function';

/** Room in the log, for a journal that may not make tables: the next partition, and no other. */
export class MakePartition1700000000003 implements MigrationInterface {
  name = 'MakePartition1700000000003';

  async up(runner: QueryRunner): Promise<void> {
    await createDefinerFunction(runner, 'make_partition(first bigint, past bigint)', MAKE_PARTITION_3);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop function make_partition(bigint, bigint)');
  }
}

export const MAKE_PARTITION_3 = `
declare
  room_end bigint := (
    select coalesce(max(split_part(c.relname, '_', 3)::bigint), 0)
      from pg_inherits i join pg_class c on c.oid = i.inhrelid
     where i.inhparent = 'events'::regclass and c.relname ~ '^events_[0-9]+_[0-9]+$');
begin
  if first is distinct from room_end or (past > first) is not true then
    raise exception 'a partition from % to % must begin where the last one ends, at %', first, past, room_end;
  end if;
  execute format('create table %I partition of events for values from (%s) to (%s)',
                 format('events_%s_%s', first, past), first, past);
end`;
