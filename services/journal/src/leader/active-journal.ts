import { Inject, Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { CONFIG, HEALTH, LOGGER, type Health } from '@shiplog/service';
import { keepRunning, orAborted } from '@shiplog/wait';
import type { Logger } from 'pino';
import { LogDatabase } from '../database/database.module';
import { databaseUrlOf } from '../database/database-url';
import { Lease } from '../database/lease';
import { LogRepositories } from '../database/repositories';
import { Follower } from '../history/follower';
import type { JournalConfig } from '../settings';
import { Terms, type Term } from './term';

const BACK_OFF = { firstMs: 100, longestMs: 2_000 };

/** Standby, active, standby …: follows the log, waits for the lease, leads while it has it, and begins again after it. */
@Injectable()
export class ActiveJournal implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #stop = new AbortController();
  #loop: Promise<void> = Promise.resolve();
  #follower: Follower | undefined;

  constructor(
    @Inject(CONFIG) private readonly config: JournalConfig & { instance: string },
    @Inject(LOGGER) private readonly logger: Logger,
    @Inject(HEALTH) private readonly health: Health,
    private readonly database: LogDatabase,
    private readonly log: LogRepositories,
    private readonly terms: Terms,
  ) {}

  onApplicationBootstrap(): void {
    this.#loop = keepRunning(() => this.#serveTerm(), {
      backOff: BACK_OFF,
      signal: this.#stop.signal,
      onError: (error, pauseMs) => {
        this.health.notReady(`trying again: ${error instanceof Error ? error.message : String(error)}`);
        this.logger.warn({ err: error, pauseMs }, 'not active; trying again');
      },
    });
  }

  /** Before the database closes. */
  async beforeApplicationShutdown(): Promise<void> {
    this.#stop.abort();
    if (this.#follower !== undefined) {
      this.database.breakConnections();
      await this.#follower.stop();
    }
    await this.#loop;
  }

  async #serveTerm(): Promise<void> {
    const { config, logger } = this;
    const { signal } = this.#stop;
    await this.database.open();
    const options = { databaseUrl: databaseUrlOf(config), holder: config.instance, ttlMs: config.leaseTtl, logger };
    const lease = await Lease.acquire(options, signal, () => this.#standBy());
    try {
      await this.#lead(lease);
    } finally {
      await lease.release();
    }
  }

  /** Whoever is active, this one folds the log on meanwhile. Resolves when it has the state. */
  async #standBy(): Promise<void> {
    this.health.notReady('standby: another journal is active; loading the state');
    await this.#following().follow();
    this.health.notReady('standby: another journal is active');
  }

  /** Keeps its state when the way to Postgres breaks, and this one stands in line anew. */
  #following(): Follower {
    return (this.#follower ??= new Follower(this.log, this.logger));
  }

  async #lead(lease: Lease): Promise<void> {
    const { logger, health } = this;
    const { signal } = this.#stop;
    health.notReady('loading the state');
    const follower = this.#following();
    this.#follower = undefined;
    const term = await this.#begin(lease, follower);
    health.ready(`active in epoch ${lease.epoch}`);
    const reason = await orAborted(term.over, signal).catch((error: unknown) => error);
    if (!signal.aborted) logger.warn({ err: reason }, 'no longer active');
    await term.end(signal.aborted ? 'in-order' : 'at-once');
  }

  /** Where the lease is lost while the state is read, Postgres may never answer: it is not waited for. */
  async #begin(lease: Lease, follower: Follower): Promise<Term> {
    let isBegun = false;
    void lease.lost.then(() => isBegun || this.database.breakConnections());
    const term = await this.terms.begin(lease, follower);
    isBegun = true;
    return term;
  }
}
