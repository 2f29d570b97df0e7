import { setTimeout as delay } from 'node:timers/promises';
import { Inject, Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { CONFIG, HEALTH, LOGGER, type Health } from '@shiplog/service';
import type { Logger } from 'pino';
import { LogDatabase } from '../database/database.module';
import { databaseUrlOf } from '../database/database-url';
import { Lease } from '../database/lease';
import type { JournalConfig } from '../settings';
import { Reigns } from './reign';

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 2_000;

/** Standby, active, standby …: waits for the lease, reigns while it has it, and begins again when it lost it. */
@Injectable()
export class ActiveJournal implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #stop = new AbortController();
  #loop: Promise<void> = Promise.resolve();

  constructor(
    @Inject(CONFIG) private readonly config: JournalConfig & { instance: string },
    @Inject(LOGGER) private readonly logger: Logger,
    @Inject(HEALTH) private readonly health: Health,
    private readonly database: LogDatabase,
    private readonly reigns: Reigns,
  ) {}

  onApplicationBootstrap(): void {
    this.#loop = this.#run();
  }

  /** Before the database closes. */
  async beforeApplicationShutdown(): Promise<void> {
    this.#stop.abort();
    await this.#loop;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    let pause = FIRST_PAUSE_MS;
    while (!signal.aborted) {
      try {
        await this.#reignOnce();
        pause = FIRST_PAUSE_MS;
      } catch (error) {
        if (signal.aborted) return;
        this.health.notReady(`trying again: ${error instanceof Error ? error.message : String(error)}`);
        this.logger.warn({ err: error, pauseMs: pause }, 'not active; trying again');
        pause = Math.min(pause * 2, LONGEST_PAUSE_MS);
      }
      await delay(pause, undefined, { signal }).catch(() => undefined);
    }
  }

  async #reignOnce(): Promise<void> {
    const { config, logger, health } = this;
    const { signal } = this.#stop;
    await this.database.open();
    health.notReady('standby: another journal is active');
    const options = { databaseUrl: databaseUrlOf(config), holder: config.instance, ttlMs: config.leaseTtl, logger };
    const lease = await Lease.acquire(options, signal);
    try {
      health.notReady('loading the state');
      const reign = await this.reigns.begin(lease);
      health.ready(`active in epoch ${lease.epoch}`);
      const reason = await Promise.race([reign.over, aborted(signal)]);
      if (!signal.aborted) logger.warn({ err: reason }, 'no longer active');
      await reign.end(signal.aborted ? 'in-order' : 'at-once');
    } finally {
      await lease.release();
    }
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
