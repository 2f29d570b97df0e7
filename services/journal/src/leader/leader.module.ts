import { join } from 'node:path';
import { Module } from '@nestjs/common';
import { CONFIG, LOGGER } from '@shiplog/service';
import type { Logger } from 'pino';
import { DatabaseModule } from '../database/database.module';
import { databaseUrlOf } from '../database/database-url';
import { SnapshotMaker } from '../history/snapshot-maker';
import type { JournalConfig } from '../settings';
import { ActiveJournal } from './active-journal';
import { ActiveLogModule } from './active-log.module';
import { Terms } from './term';
import { StepDownController } from './step-down.controller';
import { WriterFactory } from './writer-factory';

const snapshotMaker = {
  provide: SnapshotMaker,
  inject: [CONFIG, LOGGER],
  useFactory: (config: JournalConfig, logger: Logger) =>
    new SnapshotMaker(() => databaseUrlOf(config), join(__dirname, '../history/snapshot-worker.js'), logger),
};

/** Which journal is the active one, and what it does while it is. */
@Module({
  imports: [DatabaseModule, ActiveLogModule],
  controllers: [StepDownController],
  providers: [WriterFactory, snapshotMaker, Terms, ActiveJournal],
})
export class LeaderModule {}
