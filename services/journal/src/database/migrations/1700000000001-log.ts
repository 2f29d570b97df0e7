import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The log, the commands it has answered, the writer's lease, and snapshots. */
export class Log1700000000001 implements MigrationInterface {
  name = 'Log1700000000001';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of UP) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of ['snapshot_parts', 'snapshots', 'lease', 'commands', 'events']) {
      await runner.query(`drop table ${table}`);
    }
  }
}

const UP = [
  // data is json, not jsonb: its text is kept exactly, so what is hashed and replayed is what was published.
  `create table events (
     position    bigint      not null,
     time        timestamptz not null,
     type        text        not null,
     version     smallint    not null,
     resource    text        not null,
     namespace   text        not null,
     name        text        not null,
     uid         text        not null,
     node        text        not null,
     actor       text        not null,
     command_id  text        not null,
     command_seq integer     not null,
     cause       bigint,
     basis       bigint,
     data        json        not null,
     primary key (position)
   ) partition by range (position)`,
  // One object's history; also finds the events of a resource.
  `create index events_object on events (resource, namespace, name, position)`,
  // A command that made events, once: a second one with its id violates the key and is answered from here.
  `create table commands (
     id    text    primary key,
     first bigint  not null,
     count integer not null,
     items json
   )`,
  `create index commands_first on commands (first)`,
  // One row. Every append holds it FOR SHARE and checks the epoch, so a deposed writer can't commit.
  `create table lease (
     id         smallint    primary key check (id = 1),
     epoch      bigint      not null,
     holder     text        not null,
     expires_at timestamptz not null
   ) with (fillfactor = 10)`,
  `insert into lease values (1, 0, '', now())`,
  // A snapshot's row comes last: without it, its parts don't count.
  `create table snapshots (
     position bigint      primary key,
     taken_at timestamptz not null default now(),
     objects  integer     not null,
     parts    integer     not null,
     hash     text        not null,
     channels json        not null
   )`,
  `create table snapshot_parts (
     position bigint  not null,
     seq      integer not null,
     data     bytea   not null,
     primary key (position, seq)
   )`,
];
