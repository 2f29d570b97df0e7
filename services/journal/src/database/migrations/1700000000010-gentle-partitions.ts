import type { MigrationInterface, QueryRunner } from 'typeorm';
import { MAKE_PARTITION_3 } from './1700000000003-make-partition';
import { DROP_PARTITION_4 } from './1700000000004-drop-partition';
import { createDefinerFunction } from './definer-function';

/**
 * Partitions come and go without standing between appends and the log. `create table … partition of` and `detach` lock
 * the whole log against everybody: they wait for the slowest reader, and all appends wait behind them.
 */
export class GentlePartitions1700000000010 implements MigrationInterface {
  name = 'GentlePartitions1700000000010';

  async up(runner: QueryRunner): Promise<void> {
    await createDefinerFunction(runner, MAKE, MAKE_BODY, 'void', '5s');
    await createDefinerFunction(runner, DROP, DROP_BODY, 'void', '50ms');
  }

  async down(runner: QueryRunner): Promise<void> {
    await createDefinerFunction(runner, MAKE, MAKE_PARTITION_3);
    await createDefinerFunction(runner, DROP, DROP_PARTITION_4);
  }
}

const MAKE = 'make_partition(first bigint, past bigint)';
const DROP = 'drop_partition(leaving text)';

/** Attaching takes SHARE UPDATE EXCLUSIVE on the log, which neither readers nor appends mind; an empty table needs no scan. */
const MAKE_BODY = `
declare
  room_end bigint := (
    select coalesce(max(split_part(c.relname, '_', 3)::bigint), 0)
      from pg_inherits i join pg_class c on c.oid = i.inhrelid
     where i.inhparent = 'events'::regclass and c.relname ~ '^events_[0-9]+_[0-9]+$');
  partition text := format('events_%s_%s', first, past);
begin
  if first is distinct from room_end or (past > first) is not true then
    raise exception 'a partition from % to % must begin where the last one ends, at %', first, past, room_end;
  end if;
  execute format('create table %I (like events including all)', partition);
  execute format('alter table events attach partition %I for values from (%s) to (%s)', partition, first, past);
end`;

/**
 * DETACH … CONCURRENTLY can't run in a function, and only the log's owner may detach. So this waits for its locks for
 * 50 ms at most and fails then (55P03, to be tried again): appends wait behind it no longer than that. The leaving
 * partition is locked first: those who read it keep this from waiting for the log at all.
 */
const DROP_BODY = `
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
  execute format('lock table only %I in access exclusive mode', leaving);
  execute format('alter table events detach partition %I', leaving);
  execute format('drop table %I', leaving);
end`;
