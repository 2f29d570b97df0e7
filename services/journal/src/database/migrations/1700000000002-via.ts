import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Who vouched for the sender of the command: `kind.name`; null in events from before senders were known. */
export class Via1700000000002 implements MigrationInterface {
  name = 'Via1700000000002';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('alter table events add column via text');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('alter table events drop column via');
  }
}
