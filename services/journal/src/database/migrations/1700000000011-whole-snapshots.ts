import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Snapshots have an id that their parts are keyed by, so that two at one position are two; the epoch that took them; and
 * the format of their objects. Parts without a snapshot can't be. Those that are there are of format 1, and are trusted
 * if they hash to what they say.
 */
export class WholeSnapshots1700000000011 implements MigrationInterface {
  name = 'WholeSnapshots1700000000011';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of UP) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const statement of DOWN) await runner.query(statement);
  }
}

const UP = [
  `alter table snapshots
     add column id uuid not null default gen_random_uuid(),
     add column epoch bigint not null default 0,
     add column format smallint not null default 1,
     drop constraint snapshots_pkey,
     add primary key (id)`,
  `alter table snapshots alter column id drop default, alter column epoch drop default, alter column format drop default`,
  `create index snapshots_position on snapshots (position)`,
  `alter table snapshot_parts add column snapshot uuid`,
  `update snapshot_parts p set snapshot = s.id from snapshots s where s.position = p.position`,
  `delete from snapshot_parts where snapshot is null`,
  // The row comes last in its transaction, with the fence: what refers to it is checked when it commits.
  `alter table snapshot_parts
     drop constraint snapshot_parts_pkey,
     drop column position,
     add primary key (snapshot, seq),
     add foreign key (snapshot) references snapshots (id) on delete cascade deferrable initially deferred`,
];

const DOWN = [
  `delete from snapshots s using snapshots other where other.position = s.position and other.id > s.id`,
  `alter table snapshot_parts add column position bigint`,
  `update snapshot_parts p set position = s.position from snapshots s where s.id = p.snapshot`,
  `alter table snapshot_parts drop column snapshot, add primary key (position, seq)`,
  `drop index snapshots_position`,
  `alter table snapshots drop column id, drop column epoch, drop column format, add primary key (position)`,
];
