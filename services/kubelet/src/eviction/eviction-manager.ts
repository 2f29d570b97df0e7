import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { CONFIG, LOGGER } from '@shiplog/service';
import { SyncLoop } from '@shiplog/wait';
import type { Logger } from 'pino';
import { renderPod } from '../domain/pod';
import { ImageGarbage } from '../images/image-garbage';
import { NodeAgent } from '../node/node-agent';
import type { Ending } from '../pod/domain/view';
import { PodManager } from '../pod/pod-manager';
import type { KubeletConfig } from '../settings';
import { Notes } from '../status/notes';
import { DeadContainers } from './dead-containers';
import { renderEviction } from './decide/message';
import type { Observation, Threshold } from './decide/pressure';
import { rankForEviction, reclaimedBy, type Reclaimed } from './decide/ranking';
import { NodePressure } from './node-pressure';
import { PodUses } from './pod-uses';

const BACK_OFF = { firstMs: 1_000, longestMs: 60_000 };

/**
 * Gives back what this node runs short of: first what nobody uses, then, one at a time, the pods that it can best do without (the
 * eviction manager of Kubernetes' kubelet).
 */
@Injectable()
export class EvictionManager implements OnApplicationShutdown {
  #isStarted = false;
  #pressures = '';
  readonly #loop = new SyncLoop({
    run: () => this.#round(),
    backOff: BACK_OFF,
    onError: (error) => this.logger.error({ err: error }, 'could not see to what this node runs short of'),
  });

  constructor(
    @Inject(CONFIG) private readonly config: Pick<KubeletConfig, 'evictionInterval' | 'evictionMaxPodGracePeriod'>,
    @Inject(LOGGER) private readonly logger: Logger,
    private readonly pressure: NodePressure,
    private readonly uses: PodUses,
    private readonly manager: PodManager,
    private readonly containers: DeadContainers,
    private readonly images: ImageGarbage,
    private readonly agent: NodeAgent,
    private readonly notes: Notes,
  ) {}

  /** Begins, once it is known what runs here. */
  engineUp(): void {
    if (this.#isStarted || !this.pressure.isWatched) return;
    this.#isStarted = true;
    this.#loop.wake();
    this.#loop.wakeEvery(this.config.evictionInterval);
  }

  async onApplicationShutdown(): Promise<void> {
    await this.#loop.stop();
  }

  async #round(): Promise<void> {
    await this.pressure.observe();
    this.#tellOfPressure();
    const urgent = this.pressure.urgent;
    // What the last one gives back is not to be seen before it has ended.
    if (urgent === undefined || this.manager.isEvicting) return;
    const reclaimed = reclaimedBy(urgent.threshold.signal);
    this.logger.warn({ ...urgent.threshold, ...urgent.observation }, 'this node runs short of something');
    this.notes.sayOfNode('Warning', 'EvictionThresholdMet', `Attempting to reclaim ${reclaimed}`);
    if (await this.#freedWhatNobodyUses(reclaimed)) return;
    await this.#evictOne(reclaimed, urgent);
  }

  /** The Node's conditions, and with them its taints, are not to wait for the next heartbeat. */
  #tellOfPressure(): void {
    const pressures = [...this.pressure.pressures].join();
    if (pressures === this.#pressures) return;
    this.#pressures = pressures;
    this.agent.wake();
  }

  /** Whether that was enough. */
  async #freedWhatNobodyUses(reclaimed: Reclaimed): Promise<boolean> {
    if (reclaimed !== 'ephemeral-storage' && reclaimed !== 'inodes') return false;
    await this.containers.remove();
    await this.images.removeUnused(Date.now());
    await this.pressure.observe();
    return this.pressure.urgent === undefined;
  }

  async #evictOne(
    reclaimed: Reclaimed,
    { threshold, observation }: { readonly threshold: Threshold; readonly observation: Observation },
  ): Promise<void> {
    const ranked = rankForEviction(reclaimed, await this.uses.of(this.manager.active, reclaimed));
    for (const use of ranked) {
      const message = renderEviction(reclaimed, threshold, observation, use);
      const ending: Ending = {
        reason: 'Evicted',
        message,
        disruption: message,
        ...(threshold.graceMs === undefined ? {} : { graceSeconds: this.config.evictionMaxPodGracePeriod }),
      };
      if (!this.manager.end(use.pod.metadata.uid, ending)) continue;
      return this.logger.warn({ ...renderPod(use.pod), reclaimed, used: use.used }, 'a pod is evicted');
    }
    this.logger.error({ reclaimed }, 'no pod is left to evict');
  }
}
