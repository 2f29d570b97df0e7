interface Entry {
  readonly key: string;
  readonly at: number;
}

/** Entries that count no more are kept up to so many beside as many as count. */
const STALE_KEPT = 64;

/**
 * Keys with a time each, the earliest first: a binary heap, whose entries that were taken back or brought forward are passed over when
 * they come up. What it costs to look at the next one does not depend on how many there are.
 */
export class TimedKeys {
  readonly #times = new Map<string, number>();
  #heap: Entry[] = [];

  /** Of several times of a key the earliest counts. */
  add(key: string, at: number): void {
    const planned = this.#times.get(key);
    if (planned !== undefined && planned <= at) return;
    this.#times.set(key, at);
    if (this.#heap.length > 2 * this.#times.size + STALE_KEPT) this.#compact();
    else this.#push({ key, at });
  }

  delete(key: string): void {
    this.#times.delete(key);
  }

  /** Takes the key whose time comes first, if it has come. */
  takeUntil(now: number): string | undefined {
    const first = this.#first();
    if (first === undefined || first.at > now) return undefined;
    this.#times.delete(first.key);
    this.#pop();
    return first.key;
  }

  /** The earliest time. */
  next(): number | undefined {
    return this.#first()?.at;
  }

  clear(): void {
    this.#times.clear();
    this.#heap = [];
  }

  #first(): Entry | undefined {
    for (let first = this.#heap[0]; first !== undefined; first = this.#heap[0]) {
      if (this.#times.get(first.key) === first.at) return first;
      this.#pop();
    }
    return undefined;
  }

  /** A list in order is a heap. */
  #compact(): void {
    this.#heap = [...this.#times].map(([key, at]) => ({ key, at })).sort((a, b) => a.at - b.at);
  }

  #push(entry: Entry): void {
    const heap = this.#heap;
    let place = heap.length;
    for (let above = (place - 1) >> 1; place > 0 && at(heap, above) > entry.at; above = (place - 1) >> 1) {
      heap[place] = heap[above] as Entry;
      place = above;
    }
    heap[place] = entry;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let place = 0;
    for (let below = lesserBelow(heap, place); at(heap, below) < last.at; below = lesserBelow(heap, place)) {
      heap[place] = heap[below] as Entry;
      place = below;
    }
    heap[place] = last;
  }
}

function lesserBelow(heap: readonly Entry[], place: number): number {
  const left = 2 * place + 1;
  return at(heap, left + 1) < at(heap, left) ? left + 1 : left;
}

function at(heap: readonly Entry[], place: number): number {
  return heap[place]?.at ?? Infinity;
}
