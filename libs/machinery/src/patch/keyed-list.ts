import { ownField } from '../values/own';
import { isMap } from './merge-patch';

type Json = Record<string, unknown>;

/** A list of objects that is merged by a key: found, replaced and taken out by it at once, in the order in which they came. */
export class KeyedList {
  /** Undefined where an item was taken out. */
  readonly #items: unknown[];
  /** Where the items of each key are; several may share one (ports of two protocols), and the first of them is merged with. */
  readonly #places = new Map<unknown, number[]>();

  constructor(items: readonly unknown[], key: string) {
    this.#items = [...items];
    items.forEach((item, at) => {
      if (isMap(item)) this.#addPlace(ownField(item, key), at);
    });
  }

  first(id: unknown): Json | undefined {
    const at = this.#places.get(id)?.[0];
    return at === undefined ? undefined : (this.#items[at] as Json);
  }

  /** Takes the place of the first with that key; comes last when there is none. */
  put(id: unknown, item: Json): void {
    const at = this.#places.get(id)?.[0];
    if (at === undefined) this.#addPlace(id, this.#items.push(item) - 1);
    else this.#items[at] = item;
  }

  /** Takes out all with that key. */
  delete(id: unknown): void {
    for (const at of this.#places.get(id) ?? []) this.#items[at] = undefined;
    this.#places.delete(id);
  }

  items(): unknown[] {
    return this.#items.filter((item) => item !== undefined);
  }

  #addPlace(id: unknown, at: number): void {
    const places = this.#places.get(id);
    if (places === undefined) this.#places.set(id, [at]);
    else places.push(at);
  }
}
