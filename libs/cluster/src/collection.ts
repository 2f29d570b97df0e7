import { localKey, type StoredObject } from '@shiplog/contracts';
import { SortedKeys } from './sorted-keys';

/**
 * The objects of one resource, listed in the order of namespace and name whatever the order of their making, so that
 * a state folded from zero and one loaded from a snapshot list alike.
 */
export class Collection {
  readonly #objects: Map<string, StoredObject>;
  /** Built by the first list, kept in order from then on: a fold that nobody lists pays nothing. */
  #sorted: SortedKeys | undefined;

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
    if (!this.#objects.has(key)) {
      flatten(key);
      this.#sorted?.add(key);
    }
    this.#objects.set(key, object);
  }

  delete(namespace: string, name: string): void {
    const key = localKey(namespace, name);
    if (this.#objects.delete(key)) this.#sorted?.delete(key);
  }

  /** Has the keys in order from now on: those to come are put in their place one by one. */
  keepSorted(): SortedKeys {
    return (this.#sorted ??= new SortedKeys(this.#objects.keys()));
  }

  /** All objects, or those of a namespace, by key. */
  list(namespace?: string): StoredObject[] {
    const keys = this.keepSorted();
    const prefix = namespace === undefined || namespace === '' ? '' : `${namespace}/`;
    const found: StoredObject[] = [];
    for (const key of keys.startingWith(prefix)) found.push(this.#objects.get(key) as StoredObject);
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

/**
 * Has V8 write out a text that it keeps as the two it was put together of: each may be a part of a much longer one, such as
 * a line of the log, and hold on to all of it. To ask for a number is the cheapest of what makes it do that.
 */
function flatten(text: string): void {
  Number(text);
}
