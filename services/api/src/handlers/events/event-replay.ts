import { Inject, Injectable } from '@nestjs/common';
import type { Bus } from '@shiplog/bus';
import { HistoryQuery, type LogEvent } from '@shiplog/contracts';
import { BUS, LOGGER } from '@shiplog/service';
import type { Logger } from 'pino';
import { EventRecorder } from './event-recorder';

/** Events of the log read back at most: what happened lately, not all of history. */
const LIMIT = 1_000;

/** Makes the Events of what happened before this api started. */
@Injectable()
export class EventReplay {
  constructor(
    @Inject(BUS) private readonly bus: Bus,
    @Inject(LOGGER) private readonly logger: Logger,
    private readonly recorder: EventRecorder,
  ) {}

  /** Without these Events the api still serves, and the log says so. */
  async run(): Promise<void> {
    try {
      const { events } = await this.bus.ask(HistoryQuery, { limit: LIMIT });
      this.recorder.replay([...events].sort((a: LogEvent, b: LogEvent) => a.position - b.position));
    } catch (error) {
      this.logger.warn({ err: error }, 'what happened before the start is not among the Events');
    }
  }
}
