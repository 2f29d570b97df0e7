import type { Bus } from '@shiplog/bus';
import { RESOURCES, type ResourceId, type StoredObject } from '@shiplog/contracts';
import { statusOf } from '@shiplog/machinery';
import { Projection } from '@shiplog/projection';
import type { Logger } from 'pino';
import { refuse } from '../rest/failures';
import { Narrator } from '../narration/narrator';
import { Hub } from './hub';

/** The parts that exist once the log has been read. */
export interface View {
  readonly projection: Projection;
  readonly hub: Hub;
  readonly narrator: Narrator;
}

/** The api's copy of the cluster and the window of its recent changes; comes to be some time after the start. */
export class ClusterView {
  #view: View | undefined;

  constructor(
    private readonly bus: Bus,
    private readonly logger: Logger,
    private readonly window: number,
  ) {}

  /** Resolves when everything is loaded and live. Waits for the journal as long as it takes. */
  async open(): Promise<View> {
    const channels = RESOURCES.map((row) => ({ resource: row.id }));
    const projection = await Projection.open(this.bus, { channels, logger: this.logger });
    const hub = new Hub(this.window, projection.position);
    const narrator = new Narrator(hub, Date.now);
    projection.onApplied((batch) => hub.applied(batch, (applied) => narrator.hear(applied)));
    this.#view = { projection, hub, narrator };
    return this.#view;
  }

  get isOpen(): boolean {
    return this.#view !== undefined;
  }

  /** Throws 503 while the log is still being read. */
  get now(): View {
    if (this.#view === undefined) {
      refuse({ ...statusOf.unavailable('the api is still reading the log'), details: { retryAfterSeconds: 1 } });
    }
    return this.#view;
  }

  async close(): Promise<void> {
    await this.#view?.projection.close();
  }
}

/** An object of any resource; undefined when there is none. */
export function objectIn(
  projection: Projection,
  resource: ResourceId,
  namespace: string,
  name: string,
): StoredObject | undefined {
  return projection.get(resource, namespace, name) as StoredObject | undefined;
}

/** The objects of any resource, by namespace and name; all namespaces for ''. */
export function objectsIn(projection: Projection, resource: ResourceId, namespace: string): readonly StoredObject[] {
  return projection.list(resource, namespace) as readonly unknown[] as readonly StoredObject[];
}
