import { Injectable, Module, type OnApplicationShutdown } from '@nestjs/common';
import { CONFIG, LOGGER } from '@shiplog/service';
import type { ClientBase, Pool } from 'pg';
import type { Logger } from 'pino';
import { DataSource } from 'typeorm';
import { breakClient } from './client';
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
  readonly #connections = new Set<ClientBase>();

  constructor(private readonly dataSource: DataSource) {}

  /** Connects, and brings the schema up to date. Throws when Postgres is away. */
  async open(): Promise<void> {
    if (!this.dataSource.isInitialized) {
      await this.dataSource.initialize();
      this.#watch((this.dataSource.driver as unknown as { master: Pool }).master);
    }
    await bringUpToDate(this.dataSource);
  }

  /**
   * Breaks the connections of the pool, so that what waits on them fails now: the way to Postgres may have been cut
   * without a word, and an answer would be waited for, for ever. New ones are made as they are needed.
   */
  breakConnections(): void {
    for (const client of this.#connections) breakClient(client);
  }

  async onApplicationShutdown(): Promise<void> {
    if (this.dataSource.isInitialized) await this.dataSource.destroy();
  }

  #watch(pool: Pool): void {
    pool.on('acquire', (client) => this.#connections.add(client));
    pool.on('remove', (client) => this.#connections.delete(client));
  }
}

const dataSource = {
  provide: DataSource,
  inject: [CONFIG],
  useFactory: (config: JournalConfig) => makeDataSource(databaseUrlOf(config)),
};
const snapshots = {
  provide: SnapshotRepository,
  inject: [DataSource, { token: LOGGER, optional: true }],
  useFactory: (source: DataSource, logger?: Pick<Logger, 'warn'>) => new SnapshotRepository(source, logger),
};
const repositories = [EventRepository, CommandRepository, PartitionRepository, DeadLetterRepository, LogRepositories];

/** The log in Postgres: the only part that speaks SQL. */
@Module({
  providers: [dataSource, snapshots, LogDatabase, ...repositories],
  exports: [SnapshotRepository, LogDatabase, ...repositories],
})
export class DatabaseModule {}
