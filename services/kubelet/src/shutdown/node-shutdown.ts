import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { CONFIG, ConfigError, LOGGER } from '@shiplog/service';
import { SyncLoop } from '@shiplog/wait';
import type { Logger } from 'pino';
import { NodeAgent } from '../node/node-agent';
import { PodManager } from '../pod/pod-manager';
import type { KubeletConfig } from '../settings';
import { Notes } from '../status/notes';
import { problemInGrace, shutdownGroups, type ShutdownGrace } from './decide/shutdown-groups';
import { Logind, type Inhibitor } from './logind';

/** In Kubernetes' words. */
const MESSAGE = 'Pod was terminated in response to imminent node shutdown.';
const BACK_OFF = { firstMs: 1_000, longestMs: 60_000 };

/**
 * Ends the pods of a machine that goes down with their graces, the critical ones last, while the machine waits (the graceful
 * shutdown of Kubernetes' kubelet). Off unless SHUTDOWN_GRACE_PERIOD says so.
 */
@Injectable()
export class NodeShutdown implements OnApplicationShutdown {
  readonly #grace: ShutdownGrace;
  #signals: { stop(): void } | undefined;
  #inhibitor: Inhibitor | undefined;
  #isEnding = false;
  #isStopped = false;
  readonly #loop = new SyncLoop({
    run: () => this.#hold(),
    backOff: BACK_OFF,
    onError: (error) =>
      this.logger.warn({ err: error }, 'could not have the machine wait for its pods when it goes down; trying again'),
  });

  constructor(
    @Inject(CONFIG) config: Pick<KubeletConfig, 'shutdownGracePeriod' | 'shutdownGracePeriodCriticalPods'>,
    @Inject(LOGGER) private readonly logger: Logger,
    private readonly logind: Logind,
    private readonly manager: PodManager,
    private readonly agent: NodeAgent,
    private readonly notes: Notes,
  ) {
    const grace = { totalMs: config.shutdownGracePeriod, criticalMs: config.shutdownGracePeriodCriticalPods };
    const problem = problemInGrace(grace);
    if (problem !== undefined) throw new ConfigError(problem);
    this.#grace = grace;
  }

  /** Begins, once it is known what runs here. */
  engineUp(): void {
    if (this.#grace.totalMs === 0 || this.#signals !== undefined) return;
    this.#signals = this.logind.follow((isBegun) => this.#heard(isBegun));
    this.#loop.wake();
  }

  async onApplicationShutdown(): Promise<void> {
    this.#isStopped = true;
    this.#signals?.stop();
    await this.#loop.stop();
    this.#inhibitor?.release();
  }

  #heard(isBegun: boolean): void {
    this.logger.warn(isBegun ? 'the machine is going down' : 'the machine is not going down after all');
    this.agent.shuttingDown(isBegun);
    if (!isBegun) return this.#loop.wake();
    this.notes.sayOfNode('Normal', 'NodeShutdown', 'Shutdown manager detected shutdown event');
    if (this.#isEnding) return;
    this.#isEnding = true;
    this.#endPods()
      .catch((error: unknown) =>
        this.logger.error({ err: error }, 'could not end the pods of a machine that goes down'),
      )
      .finally(() => {
        this.#isEnding = false;
        this.#inhibitor?.release();
      });
  }

  async #endPods(): Promise<void> {
    for (const { pods, graceSeconds } of shutdownGroups(this.manager.active, this.#grace)) {
      this.logger.warn({ pods: pods.length, graceSeconds }, 'pods end with their machine');
      const ending = { reason: 'Terminated', message: MESSAGE, disruption: MESSAGE, graceSeconds, endsCritical: true };
      for (const pod of pods) this.manager.end(pod.metadata.uid, ending);
      await this.manager.untilEnded(AbortSignal.timeout(graceSeconds * 1_000));
    }
  }

  /** Holds the lock that has the machine wait. */
  async #hold(): Promise<void> {
    if (this.#inhibitor !== undefined || this.#isStopped) return;
    await this.#askForTime();
    const inhibitor = (this.#inhibitor = await this.logind.inhibit());
    void inhibitor.gone.then(() => {
      this.#inhibitor = undefined;
      // Whoever took it away: the next shutdown has to wait again. Of this one, nothing is to be held up any more.
      if (!this.#isStopped && !this.agent.isShuttingDown) this.#loop.wake();
    });
  }

  async #askForTime(): Promise<void> {
    const { totalMs } = this.#grace;
    if ((await this.logind.longestDelayMs()) >= totalMs) return;
    await this.logind.allowDelay(totalMs);
    const longestMs = await this.logind.longestDelayMs();
    if (longestMs < totalMs)
      this.logger.warn(
        { longestMs, totalMs },
        'this machine waits for less than SHUTDOWN_GRACE_PERIOD when it goes down',
      );
  }
}
