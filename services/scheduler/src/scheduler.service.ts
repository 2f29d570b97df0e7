import { setImmediate as turn } from 'node:timers/promises';
import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import type { Bus } from '@shiplog/bus';
import { Scheduling } from '@shiplog/scheduling';
import { background, BUS, CONFIG, HEALTH, Leadership, LOGGER, type Health } from '@shiplog/service';
import type { Logger } from 'pino';
import { JournalClient } from './journal-client';
import { SchedulingCycle } from './scheduling-cycle';
import { SchedulerStatus } from './scheduler-status';
import type { SchedulerConfig } from './settings';

/** The scheduler's life: what the journal tells feeds the scheduling, and the one instance that leads runs the cycle. */
@Injectable()
export class SchedulerService implements OnApplicationBootstrap, OnApplicationShutdown {
  private leadership: Leadership | undefined;
  private stopped = false;

  constructor(
    @Inject(CONFIG) private readonly config: SchedulerConfig,
    @Inject(BUS) private readonly bus: Bus,
    @Inject(LOGGER) private readonly logger: Logger,
    @Inject(HEALTH) private readonly health: Health,
    private readonly journal: JournalClient,
    private readonly scheduling: Scheduling,
    private readonly cycle: SchedulingCycle,
    private readonly status: SchedulerStatus,
  ) {}

  /** Comes back at once: the journal may take its time. */
  onApplicationBootstrap(): void {
    this.health.notReady('waiting for the journal');
    background(this.run(), { logger: this.logger, health: this.health });
  }

  onApplicationShutdown(): void {
    this.stopped = true;
    this.cycle.stop();
    this.leadership?.leave();
    this.health.notReady('stopping');
  }

  private async run(): Promise<void> {
    const projection = await this.journal.open();
    if (projection === undefined) return;
    projection.onApplied((batch) => {
      this.scheduling.apply(batch);
      this.cycle.advance(projection.position);
    });
    for (const _ of this.scheduling.load(projection.state)) await turn();
    if (this.stopped) return;
    this.cycle.advance(projection.position);
    this.leadership = await Leadership.join(this.bus, {
      scope: this.config.schedulerName,
      instance: this.config.instance,
      logger: this.logger,
      onChange: (leads) => {
        this.cycle.setActive(leads);
        this.status.setLeads(leads);
      },
    });
    if (this.stopped) return this.leadership.leave();
    this.status.setLeads(this.leadership.leads);
    this.logger.info({ position: projection.position, policy: this.config.policy }, 'scheduling');
  }
}
