import { Inject, Injectable } from '@nestjs/common';
import type { Bus } from '@shiplog/bus';
import { StatusError, ObjectQuery, type ResourceId, type StoredObject } from '@shiplog/contracts';
import { statusOf } from '@shiplog/apimachinery';
import { BUS } from '@shiplog/service';
import { throwStatus } from '../rest/errors';
import { objectsIn, ClusterCache } from './cluster-cache';
import { WatchCache } from './watch-cache';
import { inOrder } from '../rest/select';

/** Lists kept for the next page; a list is as many pointers as it has objects. */
const KEPT = 64;

/** Objects of a resource, in order of namespace and name, as they were at a position. */
export type PastList = readonly StoredObject[];

/**
 * Past states of a resource. The pages of one list are all of one position: that of the first page, whose objects are kept
 * here for a while; older ones come from the journal, which keeps them all.
 */
@Injectable()
export class HistoricalReads {
  readonly #kept = new Map<string, PastList>();
  #eventsAt: (namespace: string, position: number) => Promise<readonly StoredObject[]> = () => Promise.resolve([]);

  constructor(
    @Inject(BUS) private readonly bus: Bus,
    private readonly cluster: ClusterCache,
    private readonly watchCache: WatchCache,
  ) {}

  /** Has Events, which are not all written, made of a position of the log. */
  deriveEvents(eventsAt: (namespace: string, position: number) => Promise<readonly StoredObject[]>): void {
    this.#eventsAt = eventsAt;
  }

  /** Keeps a version that was just shown in part. */
  keep(resource: ResourceId, namespace: string, position: number, version: PastList): void {
    const key = keyOf(resource, namespace, position);
    this.#kept.delete(key);
    this.#kept.set(key, version);
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= KEPT) break;
      this.#kept.delete(oldest);
    }
  }

  /** The objects of a namespace ('' for all) at a position. 410 when the journal no longer has it, 503 when it is away. */
  async at(resource: ResourceId, namespace: string, position: number): Promise<PastList> {
    const kept = this.#kept.get(keyOf(resource, namespace, position));
    if (kept !== undefined) return kept;
    const stored = await this.#storedAt(resource, namespace, position);
    if (resource !== 'events') return stored;
    const made = await this.#eventsAt(namespace, position).catch((error: unknown) => throwExpired(error, position));
    const version = inOrder([...stored, ...made]);
    this.keep(resource, namespace, position, version);
    return version;
  }

  async #storedAt(resource: ResourceId, namespace: string, position: number): Promise<PastList> {
    const unchanged = this.#unchangedSince(resource, namespace, position);
    if (unchanged !== undefined) return unchanged;
    const all = await this.#fetch(resource, position);
    const version = namespace === '' ? all : all.filter((object) => object.metadata.namespace === namespace);
    if (resource !== 'events') this.keep(resource, namespace, position, version);
    return version;
  }

  /** One object at a position; undefined when there was none. */
  async objectAt(
    resource: ResourceId,
    namespace: string,
    name: string,
    position: number,
  ): Promise<StoredObject | undefined> {
    const { object } = await this.bus
      .ask(ObjectQuery, { key: { resource, namespace, name }, at: position })
      .catch((error: unknown) => throwExpired(error, position));
    if (object !== undefined && object !== null) return object;
    if (resource !== 'events') return undefined;
    const made = await this.#eventsAt(namespace, position).catch((error: unknown) => throwExpired(error, position));
    return made.find(({ metadata }) => metadata.name === name);
  }

  #unchangedSince(resource: ResourceId, namespace: string, position: number): PastList | undefined {
    const { projection } = this.cluster;
    const { watchCache } = this;
    if (position > projection.position) return undefined;
    // The window lags the fold by a moment: it can't vouch for what it has not heard of.
    if (watchCache.position < projection.position) return undefined;
    return watchCache.window(resource).changedAfter(position) === false
      ? objectsIn(projection, resource, namespace)
      : undefined;
  }

  async #fetch(resource: ResourceId, position: number): Promise<PastList> {
    const objects: StoredObject[] = [];
    try {
      for await (const chunk of this.bus.state({ channels: [{ resource }], at: position })) {
        for (const { object } of chunk.objects) objects.push(object);
      }
    } catch (error) {
      throwExpired(error, position);
    }
    return inOrder(objects);
  }
}

function throwExpired(error: unknown, position: number): never {
  if (error instanceof StatusError && error.status.code === 410) {
    throwStatus(
      statusOf.expired(`The resourceVersion for the provided list is too old: ${position} is no longer kept`),
    );
  }
  throw error;
}

function keyOf(resource: ResourceId, namespace: string, position: number): string {
  return `${resource}/${namespace}@${position}`;
}
