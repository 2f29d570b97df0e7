import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import type { Bus } from '@shiplog/bus';
import { type ResourceId, type StoredObject } from '@shiplog/contracts';
import { Catalog, statusOf } from '@shiplog/apimachinery';
import { Projection } from '@shiplog/projection';
import { background, BUS, HEALTH, LOGGER, type Health } from '@shiplog/service';
import type { Logger } from 'pino';
import { Stopping } from '../common/stopping';
import { throwStatus } from '../rest/errors';
import { WatchCache } from './watch-cache';

/**
 * The api's copy of the cluster, which feeds the window of its recent changes. Opens itself with the application; comes to
 * be some time after, because the journal may come later than the api.
 */
@Injectable()
export class ClusterCache implements OnApplicationBootstrap, OnApplicationShutdown {
  #projection: Projection | undefined;
  #open: (position: number) => void = () => undefined;
  /** Resolves when everything is loaded and live, with the position that was loaded; never when the application stops before. */
  readonly opened = new Promise<number>((resolve) => (this.#open = resolve));

  constructor(
    @Inject(BUS) private readonly bus: Bus,
    @Inject(LOGGER) private readonly logger: Logger,
    @Inject(HEALTH) private readonly health: Health,
    private readonly watchCache: WatchCache,
    private readonly stopping: Stopping,
  ) {}

  onApplicationBootstrap(): void {
    this.health.notReady('reading the log');
    // Requests are answered (503) and health is told meanwhile.
    const { health, logger } = this;
    background(this.#load(), { health, logger });
  }

  async onApplicationShutdown(): Promise<void> {
    await this.#projection?.close();
  }

  get isOpen(): boolean {
    return this.#projection !== undefined;
  }

  /** Throws 503 while the log is still being read. */
  get projection(): Projection {
    if (this.#projection === undefined) {
      throwStatus({ ...statusOf.unavailable('the api is still reading the log'), details: { retryAfterSeconds: 1 } });
    }
    return this.#projection;
  }

  /** What resources there are; while the log is still being read, those that always are. */
  get catalog(): Catalog {
    return this.#projection?.state.catalog ?? Catalog.builtIn;
  }

  async #load(): Promise<void> {
    try {
      const projection = await Projection.open(this.bus, { channels: 'all', logger: this.logger });
      this.watchCache.begin(projection.position);
      projection.onReloaded((position) => this.watchCache.reloaded(position));
      projection.onApplied((batch) => this.watchCache.applied(batch));
      this.#projection = projection;
      this.#open(projection.position);
    } catch (error) {
      if (!this.stopping.signal.aborted) throw error;
    }
  }
}

/** An object of any resource; undefined when there is none. */
export function objectIn(
  projection: Projection,
  resource: ResourceId,
  namespace: string,
  name: string,
): StoredObject | undefined {
  return projection.get(resource, namespace, name);
}

/** The objects of any resource, by namespace and name; all namespaces for ''. */
export function objectsIn(projection: Projection, resource: ResourceId, namespace: string): readonly StoredObject[] {
  return projection.list(resource, namespace) as readonly unknown[] as readonly StoredObject[];
}
