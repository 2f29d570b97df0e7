import type { Server } from 'node:https';
import { setTimeout as delay } from 'node:timers/promises';
import {
  Inject,
  Injectable,
  Module,
  type DynamicModule,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { Bus } from '@shiplog/bus';
import type { Projection } from '@shiplog/projection';
import { BUS, CONFIG, HEALTH, LOGGER, type Health, type ServiceContext } from '@shiplog/service';
import type { FastifyInstance } from 'fastify';
import type { Subscription } from 'nats';
import type { Logger } from 'pino';
import { Tokens } from './http/authenticate';
import { Documents } from './http/documents';
import { Gateway } from './http/gateway';
import { InFlight } from './http/in-flight';
import { listenFor } from './http/listener';
import { ReloadedFiles } from './http/reloaded-files';
import { certificateFiles } from './http/tls';
import { Logs } from './logs/logs';
import { ReadBarrier } from './cache/barrier';
import { ClusterView } from './cache/cluster-view';
import { Overlay } from './narration/overlay';
import { Reader } from './reads/reader';
import { Versions } from './cache/versions';
import type { ApiConfig } from './settings';
import { bootstrapCluster, isOfEveryCluster } from './start/bootstrap';
import { recallNarration } from './narration/recall';
import { Watches } from './watch/watches';
import { Writer } from './writes/writer';

const RETRY_MS = 1_000;

/** The api as one unit: puts its parts together, takes the HTTP server over, and starts and ends with the application. */
@Injectable()
export class Api implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly #view: ClusterView;
  readonly #overlay: Overlay;
  readonly #stopping = new AbortController();
  readonly #subscriptions: Subscription[] = [];
  readonly #files: Pick<ReloadedFiles<unknown>, 'watch' | 'close'>[] = [];

  constructor(
    @Inject(BUS) private readonly bus: Bus,
    @Inject(CONFIG) private readonly config: ApiConfig,
    @Inject(LOGGER) private readonly logger: Logger,
    @Inject(HEALTH) private readonly health: Health,
    host: HttpAdapterHost,
  ) {
    this.#view = new ClusterView(bus, logger, config.watchWindow);
    this.#overlay = new Overlay(this.#view);
    const server: FastifyInstance = host.httpAdapter.getInstance();
    const tls = host.httpAdapter.getHttpServer() as Server;
    tls.maxConnections = config.maxConnections;
    this.#files.push(certificateFiles(config, logger, (context) => tls.setSecureContext(context)));
    listenFor(server, this.#gateway(), this.#stopping.signal, logger);
  }

  onApplicationBootstrap(): void {
    this.health.notReady('reading the log');
    for (const files of this.#files) files.watch();
    // Requests are answered (503) and health is told meanwhile: the journal may come later than the api.
    this.#open().catch((error: unknown) => {
      if (!this.#stopping.signal.aborted) throw error;
    });
  }

  async onApplicationShutdown(): Promise<void> {
    this.health.notReady('stopping');
    for (const files of this.#files) files.close();
    for (const subscription of this.#subscriptions) subscription.unsubscribe();
    await this.#view.close();
  }

  /** Ends watches and logs, so that the server can close. */
  beforeApplicationShutdown(): void {
    this.#stopping.abort();
  }

  async #open(): Promise<void> {
    const { narrator, projection } = await this.#view.open();
    this.#subscriptions.push(
      this.bus.onSignal('note', '*', (note) => narrator.note(note)),
      this.bus.onSignal('heartbeat', '*', ({ node, time }) => this.#overlay.heartbeat(node, time)),
    );
    await recallNarration(this.bus, narrator, this.logger);
    if (this.config.bootstrap) {
      await this.#bootstrap(projection);
      // What every cluster has comes back when it is deleted.
      projection.onApplied((batch) => {
        if (batch.some(({ event, after }) => after === undefined && isOfEveryCluster(event))) {
          void this.#bootstrap(projection);
        }
      });
    }
    this.health.ready(`serving https://${this.config.host}:${this.config.port}`);
  }

  async #bootstrap(projection: Projection): Promise<void> {
    try {
      await bootstrapCluster(this.bus, projection, this.config, this.logger);
    } catch (error) {
      if (this.#stopping.signal.aborted) return;
      this.logger.warn({ err: error }, 'could not make what every cluster has; trying again');
      await delay(RETRY_MS, undefined, { ref: false });
      await this.#bootstrap(projection);
    }
  }

  #gateway(): Gateway {
    const { bus, config, logger } = this;
    const clock = Date.now;
    const barrier = new ReadBarrier(bus, this.#view, config.readConsistency);
    const versions = new Versions(bus, this.#view);
    const stopping = (): string | undefined => (this.#stopping.signal.aborted ? 'the server is stopping' : undefined);
    const tokens = new ReloadedFiles({
      name: 'the tokens (TOKEN_FILE)',
      paths: [config.tokenFile],
      parse: ([text = '']) => new Tokens(text),
      logger,
    });
    this.#files.push(tokens);
    return new Gateway({
      tokens: () => tokens.value,
      inFlight: new InFlight({ reading: config.maxReads, changing: config.maxWrites }),
      documents: new Documents(`${config.advertiseAddress}:${config.port}`),
      reader: new Reader(this.#view, barrier, versions, this.#overlay, clock),
      writer: new Writer(bus, this.#view, versions, this.#overlay, clock, config.commandTimeout),
      watches: new Watches(bus, this.#view, barrier, versions, this.#overlay, clock, logger),
      logs: new Logs(bus, this.#view),
      logger,
      checks: [
        { name: 'ping', why: () => undefined },
        { name: 'projection', why: () => (this.#view.isOpen ? undefined : 'still reading the log') },
        { name: 'bus', why: () => (bus.connection.isClosed() ? 'not connected' : undefined) },
        { name: 'shutdown', why: stopping },
      ],
    });
  }
}

@Module({})
export class ApiModule {
  static with(_context: ServiceContext<ApiConfig>): DynamicModule {
    return { module: ApiModule, providers: [Api] };
  }
}
