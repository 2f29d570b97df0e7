import { localKey, type StoredObject } from '@shiplog/contracts';

/**
 * The objects of one resource, listed in the order of namespace and name whatever the order of their making, so that
 * a state folded from zero and one loaded from a snapshot list alike.
 */
export class Collection {
  readonly #objects: Map<string, StoredObject>;
  /** Built by the first list, kept in order from then on: a fold that nobody lists pays nothing. */
  #sorted: string[] | undefined;

  constructor(objects: ReadonlyMap<string, StoredObject> = new Map()) {
    this.#objects = new Map(objects);
  }

  get size(): number {
    return this.#objects.size;
  }

  get(namespace: string, name: string): StoredObject | undefined {
    return this.#objects.get(localKey(namespace, name));
  }

  set(namespace: string, name: string, object: StoredObject): void {
    const key = localKey(namespace, name);
    if (this.#sorted !== undefined && !this.#objects.has(key)) {
      this.#sorted.splice(firstNotBelow(this.#sorted, key), 0, key);
    }
    this.#objects.set(key, object);
  }

  delete(namespace: string, name: string): void {
    const key = localKey(namespace, name);
    if (this.#objects.delete(key) && this.#sorted !== undefined) {
      this.#sorted.splice(firstNotBelow(this.#sorted, key), 1);
    }
  }

  /** All objects, or those of a namespace, by key. */
  list(namespace?: string): StoredObject[] {
    const keys = (this.#sorted ??= [...this.#objects.keys()].sort());
    const prefix = namespace === undefined || namespace === '' ? '' : `${namespace}/`;
    const found: StoredObject[] = [];
    for (let i = prefix === '' ? 0 : firstNotBelow(keys, prefix); i < keys.length; i++) {
      const key = keys[i] as string;
      if (!key.startsWith(prefix)) break;
      found.push(this.#objects.get(key) as StoredObject);
    }
    return found;
  }

  /** In no particular order, without the cost of one. */
  values(): IterableIterator<StoredObject> {
    return this.#objects.values();
  }

  copy(): Collection {
    return new Collection(this.#objects);
  }
}

/** Index of the first key that is not below the given one. */
function firstNotBelow(keys: readonly string[], key: string): number {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((keys[middle] as string) < key) low = middle + 1;
    else high = middle;
  }
  return low;
}
