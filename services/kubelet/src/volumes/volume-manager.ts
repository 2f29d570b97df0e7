import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { CONFIG, LOGGER } from '@shiplog/service';
import { SyncLoop } from '@shiplog/wait';
import type { Logger } from 'pino';
import type { ConfigSource } from '../container/render/env';
import type { NodeFacts } from '../container/render/fields';
import type { KubeletConfig } from '../settings';
import { CONFIG_SOURCE, NODE_FACTS } from '../tokens';
import { PodVolumes, type PodVolumesOptions } from './pod-volumes';

const BACK_OFF = { firstMs: 1_000, longestMs: 60_000 };

/** Sees to the volumes of all pods of this node: whatever was missed, or failed, is made good at an interval. */
@Injectable()
export class VolumeManager implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly #pods = new Set<PodVolumes>();
  readonly #loop = new SyncLoop({
    run: () => this.#sync(),
    backOff: BACK_OFF,
    onError: (error) => this.logger.error({ err: error }, 'could not look at the volumes of pods'),
  });

  readonly #measuring = new SyncLoop({
    run: () => this.#measure(),
    backOff: BACK_OFF,
    onError: (error) => this.logger.error({ err: error }, 'could not measure the volumes of pods'),
  });

  constructor(
    @Inject(CONFIG) private readonly config: Pick<KubeletConfig, 'volumeSync' | 'volumeUsage'>,
    @Inject(LOGGER) private readonly logger: Logger,
    @Inject(CONFIG_SOURCE) private readonly source: ConfigSource,
    @Inject(NODE_FACTS) private readonly node: NodeFacts,
  ) {}

  onApplicationBootstrap(): void {
    this.#loop.wakeEvery(this.config.volumeSync);
    this.#measuring.wakeEvery(this.config.volumeUsage);
  }

  onApplicationShutdown(): void {
    void this.#loop.stop();
    void this.#measuring.stop();
  }

  /** Sees to a pod's volumes until they are closed. */
  open(options: Omit<PodVolumesOptions, 'source' | 'node' | 'closed'>): PodVolumes {
    const { source, node } = this;
    const volumes = new PodVolumes({ ...options, source, node, closed: () => void this.#pods.delete(volumes) });
    this.#pods.add(volumes);
    return volumes;
  }

  /** Pods take turns of the event loop, so that many of them hold up nothing else. */
  async #sync(): Promise<void> {
    for (const volumes of this.#pods) {
      volumes.refresh();
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  /** One after the other: it is the disk that this takes. */
  async #measure(): Promise<void> {
    for (const volumes of this.#pods) {
      await volumes.measure().catch((error: unknown) => {
        this.logger.warn({ err: error }, 'could not measure the volumes of a pod');
      });
    }
  }
}
