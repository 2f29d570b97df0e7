import type { ResourceId, StoredObject } from '@shiplog/contracts';
import { controllerOf } from '@shiplog/kube';

/** Those that controllers make many of, and look for by their owner. */
const CONTROLLED: ReadonlySet<ResourceId> = new Set([
  'pods',
  'replicasets.apps',
  'controllerrevisions.apps',
  'jobs.batch',
] satisfies ResourceId[]);

/** Whether the objects of a resource are found by their controller. */
export function isControlled(resource: ResourceId): boolean {
  return CONTROLLED.has(resource);
}

/**
 * The objects that each controller manages, and those of each namespace that nobody does. To look for a controller's own
 * among all that there are, at each of its decisions, would take the square of the cluster's size.
 */
export class ControlledObjects {
  readonly #owned = new Map<string, Set<StoredObject>>();
  readonly #free = new Map<string, Set<StoredObject>>();

  constructor(objects: Iterable<StoredObject> = []) {
    for (const object of objects) this.replace(undefined, object);
  }

  /** Those whose controlling owner has this uid, by their names. */
  of(uid: string): StoredObject[] {
    return byName(this.#owned.get(uid));
  }

  /** Those of a namespace that have no controller, by their names. */
  without(namespace: string): StoredObject[] {
    return byName(this.#free.get(namespace));
  }

  /** An object changed; undefined stands for one that is not there. */
  replace(before: StoredObject | undefined, after: StoredObject | undefined): void {
    if (before !== undefined) this.#place(before, (sets, key) => remove(sets, key, before));
    if (after !== undefined) this.#place(after, (sets, key) => add(sets, key, after));
  }

  #place(object: StoredObject, change: (sets: Map<string, Set<StoredObject>>, key: string) => void): void {
    const owner = controllerOf(object);
    if (owner === undefined) change(this.#free, object.metadata.namespace ?? '');
    else change(this.#owned, owner.uid);
  }
}

function add(sets: Map<string, Set<StoredObject>>, key: string, object: StoredObject): void {
  const set = sets.get(key);
  if (set === undefined) sets.set(key, new Set([object]));
  else set.add(object);
}

function remove(sets: Map<string, Set<StoredObject>>, key: string, object: StoredObject): void {
  const set = sets.get(key);
  set?.delete(object);
  if (set?.size === 0) sets.delete(key);
}

/** The same however the state came to be: a decision on it can be made again. */
function byName(objects: Iterable<StoredObject> = []): StoredObject[] {
  return [...objects].sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
}
