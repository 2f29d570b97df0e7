import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import type { Bus } from '@shiplog/bus';
import { BUS, CONFIG, LOGGER } from '@shiplog/service';
import type { Logger } from 'pino';
import type { KubeletConfig } from '../settings';
import { References } from './references';

/** Nodes that started together do not go on asking together: each wait is off by up to this share of it. */
const SPREAD = 0.2;

/** Makes lost notices good: asks for everything anew at intervals, and when NATS is there again. */
@Injectable()
export class ReferenceSync implements OnApplicationBootstrap, OnApplicationShutdown {
  #timer: NodeJS.Timeout | undefined;
  #syncing = false;
  #again = false;
  #closed = false;

  constructor(
    @Inject(BUS) private readonly bus: Bus,
    @Inject(CONFIG) private readonly config: Pick<KubeletConfig, 'referenceResync'>,
    @Inject(LOGGER) private readonly logger: Logger,
    private readonly references: References,
  ) {}

  onApplicationBootstrap(): void {
    this.#schedule();
    this.#watchConnection().catch((error: unknown) =>
      this.logger.error({ err: error }, 'the connection could not be watched'),
    );
  }

  onApplicationShutdown(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
  }

  #schedule(): void {
    clearTimeout(this.#timer);
    const share = 1 + SPREAD * (2 * Math.random() - 1);
    this.#timer = setTimeout(() => void this.#sync(), this.config.referenceResync * share);
  }

  async #sync(): Promise<void> {
    this.#again = true;
    if (this.#syncing) return;
    this.#syncing = true;
    while (this.#again && !this.#closed) {
      this.#again = false;
      await this.references.resync();
    }
    this.#syncing = false;
    if (!this.#closed) this.#schedule();
  }

  /** What was told while the connection was down is lost. */
  async #watchConnection(): Promise<void> {
    for await (const status of this.bus.connection.status()) {
      if (this.#closed) return;
      if (String(status.type) === 'reconnect') void this.#sync();
    }
  }
}
