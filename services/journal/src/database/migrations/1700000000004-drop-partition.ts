import type { MigrationInterface, QueryRunner } from 'typeorm';
import { createDefinerFunction } from './definer-function';

/** Retention, for a journal that may not delete: the oldest partition leaves, with the commands that it answers. */
export class DropPartition1700000000004 implements MigrationInterface {
  name = 'DropPartition1700000000004';

  async up(runner: QueryRunner): Promise<void> {
    await createDefinerFunction(runner, 'drop_partition(leaving text)', DROP_PARTITION_4);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop function drop_partition(text)');
  }
}

export const DROP_PARTITION_4 = `
declare
  oldest text;
  past bigint;
begin
  select c.relname, split_part(c.relname, '_', 3)::bigint into oldest, past
    from pg_inherits i join pg_class c on c.oid = i.inhrelid
   where i.inhparent = 'events'::regclass and c.relname ~ '^events_[0-9]+_[0-9]+$'
   order by split_part(c.relname, '_', 2)::bigint
   limit 1;
  if leaving is distinct from oldest then
    raise exception '% must be the oldest partition of the log to leave it, which is %', leaving, oldest;
  end if;
  if past > (select coalesce(max(position), 0) from events) then
    raise exception '% must end before the last event to leave the log', leaving;
  end if;
  if past > (select coalesce(max(position), 0) from snapshots) then
    raise exception '% must end before the newest snapshot to leave the log', leaving;
  end if;
  execute format('alter table events detach partition %I', leaving);
  execute format('drop table %I', leaving);
  delete from commands where commands.first < past;
end`;
