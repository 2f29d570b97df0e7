import { randomInt } from 'node:crypto';
import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { newCommandId, type Bus } from '@shiplog/bus';
import type { AnyCommand, CommandReply } from '@shiplog/contracts';
import { Projection } from '@shiplog/projection';
import { policyOf, Scheduling } from '@shiplog/scheduling';
import { BUS, CONFIG, HEALTH, Leadership, LOGGER, type Health } from '@shiplog/service';
import type { Logger } from 'pino';
import { insist } from './insistence';
import { Rounds } from './rounds';
import type { SchedulerConfig } from './settings';

/** Joins the parts: a projection of pods and nodes feeds the scheduling, rounds carry out what it decides. */
@Injectable()
export class SchedulerService implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly scheduling: Scheduling;
  private readonly rounds: Rounds;
  private projection: Projection | undefined;
  private leadership: Leadership | undefined;
  private stopped = false;

  constructor(
    @Inject(CONFIG) private readonly config: SchedulerConfig,
    @Inject(BUS) private readonly bus: Bus,
    @Inject(LOGGER) private readonly logger: Logger,
    @Inject(HEALTH) private readonly health: Health,
  ) {
    this.scheduling = new Scheduling(config.schedulerName, policyOf(config.policy));
    this.rounds = new Rounds({
      scheduling: this.scheduling,
      batchLimit: config.batchLimit,
      logger,
      send: (command) => this.send(command),
      seen: (position) => this.seen(position),
      newSeed: () => randomInt(2 ** 32),
      newCommandId,
      onRound: () => this.report(),
    });
  }

  /** Comes back at once: the journal may take its time. */
  onApplicationBootstrap(): void {
    this.health.notReady('waiting for the journal');
    this.run().catch((error: unknown) => {
      this.logger.fatal({ err: error }, 'the scheduler could not start');
      process.exit(1);
    });
  }

  async onApplicationShutdown(): Promise<void> {
    this.stopped = true;
    this.health.notReady('stopping');
    this.rounds.stop();
    this.leadership?.leave();
    await this.projection?.close();
  }

  private async run(): Promise<void> {
    const channels = [{ resource: 'nodes' as const }, { resource: 'pods' as const }];
    const projection = await Projection.open(this.bus, { channels, logger: this.logger });
    this.projection = projection;
    if (this.stopped) return projection.close();
    projection.onApplied((batch) => {
      this.scheduling.apply(batch);
      this.rounds.advance(projection.position);
    });
    this.scheduling.load(projection.state);
    this.rounds.advance(projection.position);
    this.leadership = await Leadership.join(this.bus, {
      role: `scheduler ${this.config.schedulerName}`,
      instance: this.config.instance,
      logger: this.logger,
      onChange: (leads) => {
        this.rounds.setActive(leads);
        this.report();
      },
    });
    if (this.stopped) return this.leadership.leave();
    this.report();
    this.logger.info({ position: projection.position, policy: this.config.policy }, 'scheduling');
  }

  private report(): void {
    const { pending, ready } = this.scheduling.counts;
    const role = this.leadership?.leads === false ? 'stands by' : 'leads';
    this.health.ready(
      `${role}, policy ${this.config.policy}; ${pending} pods without a node, ${ready} to be decided on`,
    );
  }

  private send(command: AnyCommand): Promise<CommandReply | undefined> {
    return insist(command, {
      command: (one) => this.bus.command(one),
      onUnavailable: (error) => {
        this.health.notReady(`the journal does not answer: ${error.message}`);
        this.logger.warn({ err: error, commandId: command.id }, 'the journal does not answer; asking again');
      },
      isStopped: () => this.stopped,
    });
  }

  /** What the journal has answered for will be seen, if late: deciding on older state would do the work twice. */
  private async seen(position: number): Promise<void> {
    while (!this.stopped) {
      try {
        return await this.projection?.waitFor(position);
      } catch (error) {
        this.logger.warn({ err: error, position }, 'own writes are not seen yet; waiting on');
      }
    }
  }
}
