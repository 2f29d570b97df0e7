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
  `create table dead_letters (
     id         bigint      generated always as identity primary key,
     at         timestamptz not null default now(),
     subject    text        not null,
     why        text        not null,
     deliveries integer     not null,
     payload    bytea       not null,
     repeated   text
   )`,
  // A letter is written by whoever is told first that it can't be delivered, and by nobody twice.
  'create unique index dead_letters_once on dead_letters (subject, md5(payload))',
  `create table begun_commands (
     id    text    primary key,
     alone boolean not null
   )`,
];
