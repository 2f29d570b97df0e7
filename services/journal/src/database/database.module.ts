import { Injectable, Module, type OnApplicationShutdown } from '@nestjs/common';
import { CONFIG } from '@shiplog/service';
import { DataSource } from 'typeorm';
import type { JournalConfig } from '../settings';
import { CommandRepository } from './command.repository';
import { makeDataSource } from './data-source';
import { databaseUrlOf } from './database-url';
import { DeadLetterRepository } from './dead-letter.repository';
import { EventRepository } from './event.repository';
import { PartitionRepository } from './partition.repository';
import { LogRepositories } from './repositories';
import { bringUpToDate } from './schema';
import { SnapshotRepository } from './snapshot.repository';

/** Opens the database when it is there, and closes it with the application: Postgres may come later than the journal. */
@Injectable()
export class LogDatabase implements OnApplicationShutdown {
  constructor(private readonly dataSource: DataSource) {}

  /** Connects, and brings the schema up to date. Throws when Postgres is away. */
  async open(): Promise<void> {
    if (!this.dataSource.isInitialized) await this.dataSource.initialize();
    await bringUpToDate(this.dataSource);
  }

  async onApplicationShutdown(): Promise<void> {
    if (this.dataSource.isInitialized) await this.dataSource.destroy();
  }
}

const dataSource = {
  provide: DataSource,
  inject: [CONFIG],
  useFactory: (config: JournalConfig) => makeDataSource(databaseUrlOf(config)),
};
const repositories = [
  EventRepository,
  CommandRepository,
  SnapshotRepository,
  PartitionRepository,
  DeadLetterRepository,
  LogRepositories,
];

/** The log in Postgres: the only part that speaks SQL. */
@Module({ providers: [dataSource, LogDatabase, ...repositories], exports: [LogDatabase, ...repositories] })
export class DatabaseModule {}
