import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { background, CONFIG, HEALTH, LOGGER, type Health } from '@shiplog/service';
import type { Logger } from 'pino';
import { ClusterCache } from '../cache/cluster-cache';
import { Stopping } from '../common/stopping';
import { EventRecorder } from '../handlers/events/event-recorder';
import type { ApiConfig } from '../settings';
import { Bootstrap } from './bootstrap';
import { TokenSecrets } from './token-secrets/token-secrets';

/** Makes the api ready, in order: the log read, its Events made, what every cluster has made sure of. */
@Injectable()
export class Start implements OnApplicationBootstrap, OnApplicationShutdown {
  constructor(
    @Inject(CONFIG) private readonly config: ApiConfig,
    @Inject(HEALTH) private readonly health: Health,
    @Inject(LOGGER) private readonly logger: Logger,
    private readonly cluster: ClusterCache,
    private readonly recorder: EventRecorder,
    private readonly bootstrap: Bootstrap,
    private readonly tokenSecrets: TokenSecrets,
    private readonly stopping: Stopping,
  ) {}

  onApplicationBootstrap(): void {
    const { health, logger } = this;
    background(this.#run(), { health, logger });
  }

  onApplicationShutdown(): void {
    this.health.notReady('stopping');
  }

  async #run(): Promise<void> {
    await this.recorder.readBack(await this.cluster.opened);
    if (this.config.bootstrap) await this.bootstrap.run();
    this.tokenSecrets.begin();
    if (!this.stopping.signal.aborted) this.health.ready(`serving https://${this.config.host}:${this.config.port}`);
  }
}
