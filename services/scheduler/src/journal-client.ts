import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { sendUntilAnswered, type Bus } from '@shiplog/bus';
import { channelsOf, SCHEDULER_VIEW, type AnyCommand, type CommandReply } from '@shiplog/contracts';
import { Projection } from '@shiplog/projection';
import { BUS, HEALTH, LOGGER, type Health } from '@shiplog/service';
import type { Logger } from 'pino';

/** Between attempts to have a command answered, each of which waits for the journal by itself. */
const BACK_OFF = { firstMs: 50, longestMs: 1_000 };

/** The journal as the scheduler needs it: pods and nodes, live, and an answer to each command, however late. */
@Injectable()
export class JournalClient implements OnApplicationShutdown {
  private projection: Projection | undefined;
  private readonly stopping = new AbortController();

  constructor(
    @Inject(BUS) private readonly bus: Bus,
    @Inject(LOGGER) private readonly logger: Logger,
    @Inject(HEALTH) private readonly health: Health,
  ) {}

  /** Resolves with the live state, of which what scheduling looks at is kept, as soon as the journal is there; undefined when the service has stopped meanwhile. */
  async open(): Promise<Projection | undefined> {
    const { role, name } = this.bus.identity;
    const channels = channelsOf(role, name);
    this.projection = await Projection.open(this.bus, { channels, keep: SCHEDULER_VIEW, logger: this.logger });
    if (!this.stopping.signal.aborted) return this.projection;
    await this.projection.close();
    return undefined;
  }

  /** The journal's answer, also a refusal; undefined when the service stops before it came. */
  send(command: AnyCommand): Promise<CommandReply | undefined> {
    return sendUntilAnswered(this.bus, command, {
      backOff: BACK_OFF,
      signal: this.stopping.signal,
      onUnavailable: (error) => {
        this.health.notReady(`the journal does not answer: ${error.message}`);
        this.logger.warn({ err: error, commandId: command.id }, 'the journal does not answer; asking again');
      },
    });
  }

  /** What the journal has answered for will be seen, if late: deciding on older state would do the work twice. */
  async seen(position: number): Promise<void> {
    while (!this.stopping.signal.aborted) {
      try {
        return await this.projection?.waitFor(position);
      } catch (error) {
        this.logger.warn({ err: error, position }, 'own writes are not seen yet; waiting on');
      }
    }
  }

  async onApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    await this.projection?.close();
  }
}
