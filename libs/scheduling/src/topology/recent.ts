/** A map that keeps the entries asked for last: what can be worked out again, and must not grow with all that was ever asked. */
export class Recent<V> {
  readonly #entries = new Map<string, V>();

  /** @param onEvicted told of each entry that has to go */
  constructor(
    private readonly limit: number,
    private readonly onEvicted: (value: V) => void = () => undefined,
  ) {}

  get size(): number {
    return this.#entries.size;
  }

  getOrMake(key: string, make: () => V): V {
    const known = this.#entries.get(key);
    const value = known ?? make();
    this.#entries.delete(key);
    this.#entries.set(key, value);
    if (known === undefined && this.#entries.size > this.limit) this.#evict();
    return value;
  }

  values(): Iterable<V> {
    return this.#entries.values();
  }

  clear(): void {
    this.#entries.clear();
  }

  #evict(): void {
    const oldest = this.#entries.entries().next().value;
    if (oldest === undefined) return;
    this.#entries.delete(oldest[0]);
    this.onEvicted(oldest[1]);
  }
}
