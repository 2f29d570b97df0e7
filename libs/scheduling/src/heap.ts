interface Slot<T> {
  readonly key: string;
  readonly item: T;
}

/** Items by key, of which the first in an order is known at once; coming and going costs O(log n) each, in whatever order. */
export class Heap<T> {
  readonly #slots: Slot<T>[] = [];
  readonly #places = new Map<string, number>();

  /** @param compare negative where `a` comes first; never 0 for two items, so that the order does not depend on how they came */
  constructor(private readonly compare: (a: T, b: T) => number) {}

  get size(): number {
    return this.#slots.length;
  }

  /** What comes first; undefined when it is empty. */
  get first(): T | undefined {
    return this.#slots[0]?.item;
  }

  /** Takes an item in, in the place of the one that has its key. */
  set(key: string, item: T): void {
    this.delete(key);
    this.#put(this.#slots.length, { key, item });
    this.#rise(this.#slots.length - 1);
  }

  delete(key: string): void {
    const place = this.#places.get(key);
    if (place === undefined) return;
    this.#places.delete(key);
    const last = this.#slots.pop();
    if (last === undefined || last.key === key) return;
    this.#put(place, last);
    this.#rise(place);
    this.#sink(place);
  }

  #put(place: number, slot: Slot<T>): void {
    this.#slots[place] = slot;
    this.#places.set(slot.key, place);
  }

  #rise(from: number): void {
    let place = from;
    while (place > 0) {
      const parent = (place - 1) >> 1;
      if (!this.#isBefore(place, parent)) return;
      this.#swap(place, parent);
      place = parent;
    }
  }

  #sink(from: number): void {
    let place = from;
    for (;;) {
      const [left, right] = [2 * place + 1, 2 * place + 2];
      const child = right < this.#slots.length && this.#isBefore(right, left) ? right : left;
      if (child >= this.#slots.length || !this.#isBefore(child, place)) return;
      this.#swap(place, child);
      place = child;
    }
  }

  #isBefore(a: number, b: number): boolean {
    const [one, other] = [this.#slots[a], this.#slots[b]];
    return one !== undefined && other !== undefined && this.compare(one.item, other.item) < 0;
  }

  #swap(a: number, b: number): void {
    const [one, other] = [this.#slots[a], this.#slots[b]];
    if (one === undefined || other === undefined) return;
    this.#put(a, other);
    this.#put(b, one);
  }
}
