import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { watchOf, type Bus } from '@shiplog/bus';
import { BUS, CONFIG, LOGGER } from '@shiplog/service';
import { SyncLoop } from '@shiplog/wait';
import type { Logger } from 'pino';
import type { KubeletConfig } from '../settings';
import { References } from './references';

/** Nodes that started together do not go on asking together: each has an interval that is off by up to this share of it. */
const SPREAD = 0.2;
const BACK_OFF = { firstMs: 250, longestMs: 5_000 };

/** Makes lost notices good: asks for everything anew at intervals, and when NATS is there again. */
@Injectable()
export class ReferenceSync implements OnApplicationBootstrap, OnApplicationShutdown {
  #unwatch: (() => void) | undefined;
  readonly #loop = new SyncLoop({
    run: () => this.references.resync(),
    backOff: BACK_OFF,
    onError: (error) => this.logger.error({ err: error }, 'could not ask for Secrets and ConfigMaps anew'),
  });

  constructor(
    @Inject(BUS) private readonly bus: Bus,
    @Inject(CONFIG) private readonly config: Pick<KubeletConfig, 'referenceResync'>,
    @Inject(LOGGER) private readonly logger: Logger,
    private readonly references: References,
  ) {}

  onApplicationBootstrap(): void {
    const { bus, config, logger } = this;
    const share = 1 + SPREAD * (2 * Math.random() - 1);
    this.#loop.wakeEvery(config.referenceResync * share);
    const failed = (error: unknown): void => logger.error({ err: error }, 'the connection could not be watched');
    // What was told while the connection was down is lost.
    this.#unwatch = watchOf(bus.connection, failed).on('back', () => this.#loop.wake());
  }

  /** What is asked at the moment is given up by `References`. */
  onApplicationShutdown(): void {
    this.#unwatch?.();
    void this.#loop.stop();
  }
}
