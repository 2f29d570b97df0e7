import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import type { Bus } from '@shiplog/bus';
import { BUS, CONFIG, LOGGER } from '@shiplog/service';
import { keepRunning } from '@shiplog/wait';
import type { Logger } from 'pino';
import type { ControllerConfig } from '../settings';
import { Heartbeats } from '../controllers/nodes/heartbeats';

/** Between two signs that the bus is heard, in milliseconds, at most; sooner where nodes are given little time. */
const SIGN_EVERY_MS = 1_000;

/**
 * Asks NATS over and over whether it is there, and notes each time that it is: its answer comes after every message
 * that it had for this connection before.
 */
@Injectable()
export class BusLiveness implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly everyMs: number;
  private readonly stopping = new AbortController();

  constructor(
    @Inject(BUS) private readonly bus: Bus,
    @Inject(LOGGER) private readonly logger: Logger,
    @Inject(CONFIG) { nodeMonitorGraceMs }: ControllerConfig,
    private readonly heartbeats: Heartbeats,
  ) {
    this.everyMs = Math.min(SIGN_EVERY_MS, nodeMonitorGraceMs / 8);
  }

  onApplicationBootstrap(): void {
    void keepRunning(() => this.ask(), {
      backOff: { firstMs: this.everyMs, longestMs: this.everyMs },
      signal: this.stopping.signal,
      onError: (error) => this.logger.debug({ err: error }, 'NATS is away: no node is judged by its silence'),
    });
  }

  onApplicationShutdown(): void {
    this.stopping.abort();
  }

  private async ask(): Promise<void> {
    await this.bus.connection.flush();
    if (!this.stopping.signal.aborted) this.heartbeats.heardBus(Date.now());
  }
}
