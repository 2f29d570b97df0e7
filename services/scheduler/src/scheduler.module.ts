import { randomInt } from 'node:crypto';
import { Module } from '@nestjs/common';
import { newCommandId } from '@shiplog/bus';
import { policyOf, Scheduling } from '@shiplog/scheduling';
import { CONFIG, LOGGER } from '@shiplog/service';
import type { Logger } from 'pino';
import { JournalClient } from './journal-client';
import { SchedulingCycle } from './scheduling-cycle';
import { SchedulerService } from './scheduler.service';
import { SchedulerStatus } from './scheduler-status';
import type { SchedulerConfig } from './settings';

/** The scheduler service: what decides (`Scheduling`), what carries out (`SchedulingCycle`), and the journal that both live on. */
@Module({
  providers: [
    SchedulerService,
    SchedulerStatus,
    JournalClient,
    {
      provide: Scheduling,
      inject: [CONFIG],
      useFactory: (config: SchedulerConfig) => new Scheduling(config.schedulerName, policyOf(config.policy)),
    },
    {
      provide: SchedulingCycle,
      inject: [Scheduling, JournalClient, SchedulerStatus, CONFIG, LOGGER],
      useFactory: (
        scheduling: Scheduling,
        journal: JournalClient,
        status: SchedulerStatus,
        { batchLimit }: SchedulerConfig,
        logger: Logger,
      ) =>
        new SchedulingCycle({
          scheduling,
          batchLimit,
          logger,
          send: (command) => journal.send(command),
          seen: (position) => journal.seen(position),
          now: () => performance.now(),
          newSeed: () => randomInt(2 ** 32),
          newCommandId,
          onCycle: () => status.report(),
        }),
    },
  ],
})
export class SchedulerModule {}
