import { setImmediate as turn } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { type ObjectOf, type ResourceId, type StoredObject } from '@shiplog/contracts';
import { objectIn, objectsIn, ClusterCache } from '../../cache/cluster-cache';
import { EventRecorder } from './event-recorder';
import { inOrder } from '../../rest/select';

/** How often others may go first, at most, until the window has heard of what is folded. */
const TURNS = 10;
const NODE_LEASES = 'kube-node-lease';

/**
 * The projection with what is known from signals laid over it: when a node last renewed its lease (heartbeats are not
 * logged), and the Events that are made from the log.
 */
@Injectable()
export class EphemeralState {
  readonly #renewed = new Map<string, string>();

  constructor(
    private readonly cluster: ClusterCache,
    private readonly recorder: EventRecorder,
  ) {}

  /** A node was heard of at a time (RFC 3339). */
  heartbeat(node: string, time: string): void {
    this.#renewed.set(node, time);
  }

  /**
   * Resolves when objects of a resource can be told; undefined when they can at once. Of Events some are made from the log, when it is
   * read, and a moment after it is folded.
   */
  ready(resource: ResourceId): Promise<void> | undefined {
    return resource === 'events' ? this.#eventsMade() : undefined;
  }

  async #eventsMade(): Promise<void> {
    await this.recorder.read;
    const { position } = this.cluster.projection;
    for (let turns = 0; turns < TURNS && this.recorder.position < position; turns++) await turn();
  }

  get(resource: ResourceId, namespace: string, name: string): StoredObject | undefined {
    const { projection } = this.cluster;
    const object = objectIn(projection, resource, namespace, name);
    if (object === undefined) return resource === 'events' ? this.recorder.get(namespace, name) : undefined;
    return this.#isNodeLease(resource, namespace) ? this.#renew(object) : object;
  }

  /** By namespace and name; all namespaces for ''. */
  list(resource: ResourceId, namespace: string): readonly StoredObject[] {
    const { projection } = this.cluster;
    const objects = objectsIn(projection, resource, namespace);
    if (resource === 'events') return inOrder([...objects, ...this.recorder.list(namespace)]);
    if (resource !== 'leases.coordination.k8s.io' || this.#renewed.size === 0) return objects;
    return objects.map((object) => (object.metadata.namespace === NODE_LEASES ? this.#renew(object) : object));
  }

  #isNodeLease(resource: ResourceId, namespace: string): boolean {
    return resource === 'leases.coordination.k8s.io' && namespace === NODE_LEASES;
  }

  #renew(object: StoredObject): StoredObject {
    const time = this.#renewed.get(object.metadata.name);
    const { spec } = object as unknown as ObjectOf<'leases.coordination.k8s.io'>;
    if (time === undefined || Date.parse(time) <= Date.parse(spec?.renewTime ?? '')) return object;
    return { ...object, spec: { ...spec, renewTime: microTime(time) } };
  }
}

/** Leases count in microseconds: `2026-01-02T03:04:05.678000Z`. */
function microTime(time: string): string {
  return new Date(time).toISOString().replace('Z', '000Z');
}
