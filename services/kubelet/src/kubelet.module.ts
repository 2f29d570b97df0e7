import {
  Inject,
  Injectable,
  Module,
  type DynamicModule,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import type { Bus } from '@shiplog/bus';
import { BUS, CONFIG, HEALTH, LOGGER, type Health, type ServiceContext } from '@shiplog/service';
import type { Logger } from 'pino';
import { Kubelet, type KubeletConfig } from './kubelet';
import { DockerRuntime } from './runtime/docker/docker-runtime';

/** Starts and stops the kubelet with its process. */
@Injectable()
class KubeletLife implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly #kubelet: Kubelet;

  constructor(
    @Inject(BUS) bus: Bus,
    @Inject(CONFIG) config: KubeletConfig,
    @Inject(LOGGER) logger: Logger,
    @Inject(HEALTH) health: Health,
  ) {
    const runtime = new DockerRuntime({
      host: config.dockerHost,
      node: config.nodeName,
      cgroupParent: config.cgroupParent,
    });
    this.#kubelet = new Kubelet({ config, bus, logger, health, runtime });
  }

  /** Not awaited: the journal may come later, and health says so meanwhile. A start that fails ends the process. */
  onApplicationBootstrap(): void {
    void this.#kubelet.start();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.#kubelet.close();
  }
}

@Module({})
export class KubeletModule {
  static with(_context: ServiceContext<KubeletConfig>): DynamicModule {
    return { module: KubeletModule, providers: [KubeletLife] };
  }
}
