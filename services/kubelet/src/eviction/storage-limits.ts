import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { CONFIG, LOGGER } from '@shiplog/service';
import { SyncLoop } from '@shiplog/wait';
import type { Logger } from 'pino';
import { renderPod } from '../domain/pod';
import { PodManager } from '../pod/pod-manager';
import type { KubeletConfig } from '../settings';
import { limitsStorage, storageExceeded } from './decide/storage-limits';
import { PodUses } from './pod-uses';

const BACK_OFF = { firstMs: 1_000, longestMs: 60_000 };

/** Ends pods that write more to the node's disk than they may, whether that is short of anything or not. */
@Injectable()
export class StorageLimits implements OnApplicationShutdown {
  #isStarted = false;
  readonly #loop = new SyncLoop({
    run: () => this.#round(),
    backOff: BACK_OFF,
    onError: (error) => this.logger.error({ err: error }, 'could not measure what pods have written'),
  });

  constructor(
    @Inject(CONFIG) private readonly config: Pick<KubeletConfig, 'volumeUsage'>,
    @Inject(LOGGER) private readonly logger: Logger,
    private readonly uses: PodUses,
    private readonly manager: PodManager,
  ) {}

  /** Begins, once it is known what runs here. */
  engineUp(): void {
    if (this.#isStarted) return;
    this.#isStarted = true;
    this.#loop.wakeEvery(this.config.volumeUsage);
  }

  async onApplicationShutdown(): Promise<void> {
    await this.#loop.stop();
  }

  async #round(): Promise<void> {
    for (const use of await this.uses.of(this.manager.active.filter(limitsStorage), 'ephemeral-storage')) {
      const message = storageExceeded(use);
      if (message === undefined || !this.manager.end(use.pod.metadata.uid, { reason: 'Evicted', message })) continue;
      this.logger.warn({ ...renderPod(use.pod), used: use.used }, 'a pod has written more than it may');
    }
  }
}
