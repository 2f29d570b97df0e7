import { setTimeout as delay } from 'node:timers/promises';
import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import type { Bus } from '@shiplog/bus';
import { BUS, CONFIG, HEALTH, LOGGER, type Health } from '@shiplog/service';
import type { Logger } from 'pino';
import type { DataSource } from 'typeorm';
import { makeDataSource } from './database/data-source';
import { Lease } from './database/lease';
import { repositoriesOf } from './database/repositories';
import { bringUpToDate } from './database/schema';
import { Reign } from './reign/reign';
import type { JournalConfig } from './settings';

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 2_000;

/** Standby, active, standby …: waits for the lease, reigns while it has it, and begins again when it lost it. */
@Injectable()
export class JournalService implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly #stop = new AbortController();
  #loop: Promise<void> = Promise.resolve();
  #dataSource: DataSource | undefined;

  constructor(
    @Inject(CONFIG) private readonly config: JournalConfig & { instance: string },
    @Inject(BUS) private readonly bus: Bus,
    @Inject(LOGGER) private readonly logger: Logger,
    @Inject(HEALTH) private readonly health: Health,
  ) {}

  onApplicationBootstrap(): void {
    this.#loop = this.#run();
  }

  async onApplicationShutdown(): Promise<void> {
    this.#stop.abort();
    await this.#loop;
    if (this.#dataSource?.isInitialized === true) await this.#dataSource.destroy();
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
    const { config, bus, logger, health } = this;
    const { signal } = this.#stop;
    const log = repositoriesOf(await this.#openDatabase());
    health.notReady('standby: another journal is active');
    const options = { databaseUrl: config.databaseUrl, holder: config.instance, ttlMs: config.leaseTtl, logger };
    const lease = await Lease.acquire(options, signal);
    try {
      health.notReady('loading the state');
      const reign = await Reign.begin({ config, bus, log, lease, logger });
      health.ready(`active in epoch ${lease.epoch}`);
      const reason = await Promise.race([reign.over, aborted(signal)]);
      if (!signal.aborted) logger.warn({ err: reason }, 'no longer active');
      await reign.end(signal.aborted ? 'in-order' : 'at-once');
    } finally {
      await lease.release();
    }
  }

  async #openDatabase(): Promise<DataSource> {
    const dataSource = (this.#dataSource ??= makeDataSource(this.config.databaseUrl));
    if (!dataSource.isInitialized) await dataSource.initialize();
    await bringUpToDate(dataSource);
    return dataSource;
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
