import { Global, Module, type DynamicModule, type INestMicroservice } from '@nestjs/common';
import { APP_FILTER, NestFactory } from '@nestjs/core';
import { busOver, NatsTransport, type ErrorSink } from '@shiplog/bus';
import type { Projection } from '@shiplog/projection';
import { BUS, CONFIG, HEALTH, LOGGER, NestLogger, readConfig, StatusFilter, TRANSPORT } from '@shiplog/service';
import type { NatsConnection } from 'nats';
import type { Logger } from 'pino';
import { ClusterView } from '../../../services/kubelet/src/cluster/cluster-view';
import { KubeletModule } from '../../../services/kubelet/src/kubelet.module';
import { kubeletSettings } from '../../../services/kubelet/src/settings';
import { SHARED_VIEW } from '../../../services/kubelet/src/tokens';

/** What the nodes of a process have in common. */
export interface NodeHost {
  readonly connection: NatsConnection;
  readonly shared: Projection;
  readonly logger: Logger;
  readonly onError: ErrorSink;
}

/** The settings that every service has, of one that has no connection of its own. */
const COMMON = { logLevel: 'silent', stallLimit: 0, natsUrl: '' };

/** One node: the whole kubelet, over the process' connection, with the runtime that its settings name. */
export class HollowNode {
  readonly #view: ClusterView;

  private constructor(private readonly app: INestMicroservice) {
    this.#view = app.get(ClusterView, { strict: false });
  }

  /** Resolves when it hears what concerns it; that it registers comes after. */
  static async start(host: NodeHost, env: Readonly<Record<string, string | undefined>>): Promise<HollowNode> {
    const settings = readConfig(kubeletSettings, env);
    const name = settings.nodeName;
    const bus = busOver(host.connection, { role: 'kubelet', name }, host.onError);
    // The process answers for the health of them all.
    const transport = new NatsTransport(bus, { complete: false });
    const logger = host.logger.child({ node: name });
    const values = [
      { provide: CONFIG, useValue: { ...COMMON, ...settings, instance: name } },
      { provide: BUS, useValue: bus },
      { provide: LOGGER, useValue: logger },
      { provide: TRANSPORT, useValue: transport },
      { provide: HEALTH, useValue: UNASKED },
      { provide: SHARED_VIEW, useValue: host.shared },
    ];
    const app = await NestFactory.createMicroservice(rootOf(values), {
      strategy: transport,
      logger: new NestLogger(logger),
      abortOnError: false,
    });
    await app.listen();
    return new HollowNode(app);
  }

  /** Whether its Node says that it takes pods. */
  get isReady(): boolean {
    const { conditions = [] } = this.#view.node()?.status ?? {};
    return conditions.some(({ type, status }) => type === 'Ready' && status === 'True');
  }

  async close(): Promise<void> {
    await this.app.close();
  }
}

/** Nobody asks a single node of many how it is. */
const UNASKED = { ready: () => undefined, notReady: () => undefined };

type Values = readonly { readonly provide: symbol; readonly useValue: unknown }[];

function rootOf(values: Values): DynamicModule {
  return { module: NodeRoot, imports: [NodeContext.of(values), KubeletModule] };
}

class NodeRoot {}

/** What every part of a kubelet is given, as the service's own module gives it. */
@Global()
@Module({})
class NodeContext {
  static of(values: Values): DynamicModule {
    const filter = { provide: APP_FILTER, useClass: StatusFilter };
    return { module: NodeContext, providers: [...values, filter], exports: [...values] };
  }
}
