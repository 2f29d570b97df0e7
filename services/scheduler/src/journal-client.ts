import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import type { Bus } from '@shiplog/bus';
import { channelsOf, type AnyCommand, type CommandReply } from '@shiplog/contracts';
import { Projection } from '@shiplog/projection';
import { BUS, HEALTH, LOGGER, type Health } from '@shiplog/service';
import type { Logger } from 'pino';
import { insist } from './insistence';

/** The journal as the scheduler needs it: pods and nodes, live, and an answer to each command, however late. */
@Injectable()
export class JournalClient implements OnApplicationShutdown {
  private projection: Projection | undefined;
  private stopped = false;

  constructor(
    @Inject(BUS) private readonly bus: Bus,
    @Inject(LOGGER) private readonly logger: Logger,
    @Inject(HEALTH) private readonly health: Health,
  ) {}

  /** Resolves with the live state, as soon as the journal is there; undefined when the service has stopped meanwhile. */
  async open(): Promise<Projection | undefined> {
    const { role, name } = this.bus.identity;
    this.projection = await Projection.open(this.bus, { channels: channelsOf(role, name), logger: this.logger });
    if (!this.stopped) return this.projection;
    await this.projection.close();
    return undefined;
  }

  /** The journal's answer, also a refusal; undefined when the service stops before it came. */
  send(command: AnyCommand): Promise<CommandReply | undefined> {
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
  async seen(position: number): Promise<void> {
    while (!this.stopped) {
      try {
        return await this.projection?.waitFor(position);
      } catch (error) {
        this.logger.warn({ err: error, position }, 'own writes are not seen yet; waiting on');
      }
    }
  }

  async onApplicationShutdown(): Promise<void> {
    this.stopped = true;
    await this.projection?.close();
  }
}
