import { Inject, Injectable } from '@nestjs/common';
import { Scheduling } from '@shiplog/scheduling';
import { CONFIG, HEALTH, type Health } from '@shiplog/service';
import type { SchedulerConfig } from './settings';

/** The scheduler's word on itself, told as the service's health. */
@Injectable()
export class SchedulerStatus {
  private leads = false;

  constructor(
    @Inject(HEALTH) private readonly health: Health,
    @Inject(CONFIG) private readonly config: SchedulerConfig,
    private readonly scheduling: Scheduling,
  ) {}

  /** Whether this instance is the one that decides. */
  setLeads(leads: boolean): void {
    this.leads = leads;
    this.report();
  }

  /** Tells what waits now. */
  report(): void {
    const { active, inFlight, backoff, unschedulable, gated } = this.scheduling.counts;
    const pods = `${active} active, ${inFlight} in flight, ${backoff} in backoff, ${unschedulable} unschedulable, ${gated} gated`;
    this.health.ready(
      `${this.leads ? 'leads' : 'stands by'}, policy ${this.config.policy}; pods without a node: ${pods}`,
    );
  }
}
