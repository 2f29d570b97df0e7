import { Injectable } from '@nestjs/common';
import type { Logger } from 'pino';
import { DataSource } from 'typeorm';
import { CommandRepository } from './command.repository';
import { DeadLetterRepository } from './dead-letter.repository';
import { EventRepository } from './event.repository';
import { PartitionRepository } from './partition.repository';
import { SnapshotRepository } from './snapshot.repository';

/** All that the database holds. */
export interface Repositories {
  readonly events: EventRepository;
  readonly commands: CommandRepository;
  readonly snapshots: SnapshotRepository;
  readonly partitions: PartitionRepository;
  readonly deadLetters: DeadLetterRepository;
}

/** All of them, for what works with several. */
@Injectable()
export class LogRepositories implements Repositories {
  constructor(
    readonly events: EventRepository,
    readonly commands: CommandRepository,
    readonly snapshots: SnapshotRepository,
    readonly partitions: PartitionRepository,
    readonly deadLetters: DeadLetterRepository,
  ) {}
}

/** For programs that no module injects them into; `logger` hears of what is wrong with what is stored. */
export function repositoriesOf(dataSource: DataSource, logger?: Pick<Logger, 'warn'>): Repositories {
  return {
    events: new EventRepository(dataSource),
    commands: new CommandRepository(dataSource),
    snapshots: new SnapshotRepository(dataSource, logger),
    partitions: new PartitionRepository(dataSource),
    deadLetters: new DeadLetterRepository(dataSource),
  };
}
