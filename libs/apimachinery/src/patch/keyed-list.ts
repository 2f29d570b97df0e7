import { isJsonObject, ownField } from '../values/json-object';

type Json = Record<string, unknown>;

/** A list of objects that is merged by a key: found, replaced and taken out by it at once, in the order in which they came. */
export class KeyedList {
  /** Undefined where an item was taken out. */
  readonly #items: unknown[];
  /** Where the first item of each key is, with which items of a patch are merged. */
  readonly #first = new Map<unknown, number>();
  /** Where more of the same key are (ports of two protocols). */
  readonly #more = new Map<unknown, number[]>();

  constructor(items: readonly unknown[], key: string) {
    this.#items = [...items];
    items.forEach((item, at) => {
      if (isJsonObject(item)) this.#addPlace(ownField(item, key), at);
    });
  }

  first(id: unknown): Json | undefined {
    const at = this.#first.get(id);
    return at === undefined ? undefined : (this.#items[at] as Json);
  }

  /** Takes the place of the first with that key; comes last when there is none. */
  put(id: unknown, item: Json): void {
    const at = this.#first.get(id);
    if (at === undefined) this.#addPlace(id, this.#items.push(item) - 1);
    else this.#items[at] = item;
  }

  /** Takes out all with that key. */
  delete(id: unknown): void {
    const at = this.#first.get(id);
    if (at === undefined) return;
    for (const place of [at, ...(this.#more.get(id) ?? [])]) this.#items[place] = undefined;
    this.#first.delete(id);
    this.#more.delete(id);
  }

  items(): unknown[] {
    return this.#items.filter((item) => item !== undefined);
  }

  #addPlace(id: unknown, at: number): void {
    const more = this.#more.get(id);
    if (!this.#first.has(id)) this.#first.set(id, at);
    else if (more === undefined) this.#more.set(id, [at]);
    else more.push(at);
  }
}
