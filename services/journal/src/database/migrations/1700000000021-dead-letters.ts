import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Commands sent without waiting that could not be decided, and notes on which of them are being decided. */
export class DeadLetters1700000000021 implements MigrationInterface {
  name = 'DeadLetters1700000000021';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of UP) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table dead_letters, begun_commands');
  }
}

const UP = [
  // The subject says who sent it and its type; a letter is written once, however often it is found undeliverable.
  `create table dead_letters (
     id         bigint      generated always as identity primary key,
     at         timestamptz not null default now(),
     subject    text        not null,
     command_id text,
     why        text        not null,
     deliveries integer     not null,
     payload    bytea       not null,
     repeated   text
   )`,
  'create unique index dead_letters_once on dead_letters (subject, md5(payload))',
  // What is noted before it is decided and not struck off after it was the end of the journal that decided it.
  `create table begun_commands (
     id    text        primary key,
     alone boolean     not null,
     at    timestamptz not null default now()
   )`,
];
