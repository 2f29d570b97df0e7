import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import type { Bus } from '@shiplog/bus';
import { channelsOf } from '@shiplog/contracts';
import { soundObject } from '@shiplog/admission';
import { Projection } from '@shiplog/projection';
import { background, BUS, CONFIG, HEALTH, LOGGER, type Health } from '@shiplog/service';
import type { Logger } from 'pino';
import { ServiceIndex } from './domain/service-index';
import { serve, type ProxyBackend } from './proxy-backend';
import type { ProxyConfig } from './settings';

const FIRST_RETRY_MS = 200;
const LONGEST_RETRY_MS = 30_000;

/** Injects what chooses the backend: `() => Promise<ProxyBackend>`. */
export const BACKEND = Symbol('backend');

/** Keeps this node's services as the cluster has them: one sync at a time, with all that changed meanwhile in the next. */
@Injectable()
export class Proxy implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly #index = new ServiceIndex();
  readonly #dirty = new Set<string>();
  readonly #timers: NodeJS.Timeout[] = [];
  #backend: ProxyBackend | undefined;
  #projection: Projection | undefined;
  #running: Promise<void> | undefined;
  #verifyDue = false;
  #failures = 0;
  #retry: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(
    @Inject(BUS) private readonly bus: Bus,
    @Inject(CONFIG) private readonly config: ProxyConfig,
    @Inject(LOGGER) readonly logger: Logger,
    @Inject(HEALTH) readonly health: Health,
    @Inject(BACKEND) private readonly chooseBackend: () => Promise<ProxyBackend>,
  ) {}

  onApplicationBootstrap(): void {
    this.health.notReady('waiting for the journal');
    background(this.#start(), this);
  }

  async onApplicationShutdown(): Promise<void> {
    this.#stopped = true;
    for (const timer of this.#timers) clearInterval(timer);
    clearTimeout(this.#retry);
    await this.#projection?.close();
    await this.#running;
    await this.#backend?.stop();
  }

  async #start(): Promise<void> {
    this.#backend = await this.chooseBackend();
    const projection = await Projection.open(this.bus, {
      channels: channelsOf('proxy', this.config.nodeName),
      logger: this.logger,
      accept: soundObject,
    });
    this.#projection = projection;
    if (this.#stopped) return projection.close();
    for (const key of this.#index.load(projection)) this.#dirty.add(key);
    projection.onApplied((batch) => {
      for (const applied of batch) for (const key of this.#index.apply(applied)) this.#dirty.add(key);
      this.#wake();
    });
    this.#wake();
    this.#every(this.config.verifyEvery, () => (this.#verifyDue = true));
    this.#every(this.config.reloadEvery, () => this.#backend?.forceFullSync());
  }

  #every(ms: number, prepare: () => void): void {
    const timer = setInterval(() => {
      prepare();
      this.#wake();
    }, ms);
    timer.unref();
    this.#timers.push(timer);
  }

  #wake(): void {
    if (this.#stopped || this.#running !== undefined || this.#retry !== undefined) return;
    this.#running = this.#work().finally(() => {
      this.#running = undefined;
      if (this.#dirty.size > 0 || this.#verifyDue) this.#wake();
    });
  }

  async #work(): Promise<void> {
    const backend = this.#backend;
    if (backend === undefined) return;
    const verify = this.#verifyDue;
    this.#verifyDue = false;
    for (const key of this.#dirty)
      serve(backend, key, () => this.#index.portsOf(key, this.config.nodeName), this.logger);
    this.#dirty.clear();
    try {
      await backend.sync();
      if (verify) await backend.verify();
      this.#failures = 0;
      this.health.ready(backend.detail());
    } catch (error) {
      this.#failed(error);
    }
  }

  #failed(error: unknown): void {
    const waitMs = Math.min(FIRST_RETRY_MS * 2 ** this.#failures++, LONGEST_RETRY_MS);
    this.logger.error({ err: error, waitMs }, 'services could not be brought up to date; trying again');
    this.health.notReady(`services are not up to date: ${error instanceof Error ? error.message : String(error)}`);
    this.#retry = setTimeout(() => {
      this.#retry = undefined;
      this.#wake();
    }, waitMs);
  }
}
