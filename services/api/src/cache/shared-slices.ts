/** What they may come to, in bytes. */
const MOST_BYTES = 8 * 1024 * 1024;
/** How long they are kept at most, in milliseconds: ages of objects, in tables, are those of when they were made. */
const KEPT_MS = 1_000;

/**
 * Slices of windows as watchers are sent them, for a moment: when an api comes back, or a part of the network, all who
 * watched come back with it and read the same changes, each at its own pace.
 */
export class SharedSlices {
  readonly #slices = new Map<string, Buffer>();
  #bytes = 0;

  /** The bytes of a slice, which are made for the first who asks. */
  of(key: string, make: () => Buffer): Buffer {
    const known = this.#slices.get(key);
    if (known !== undefined) return known;
    const slice = make();
    if (this.#bytes + slice.length > MOST_BYTES) this.clear();
    if (this.#slices.size === 0) setTimeout(() => this.clear(), KEPT_MS).unref();
    this.#slices.set(key, slice);
    this.#bytes += slice.length;
    return slice;
  }

  clear(): void {
    this.#slices.clear();
    this.#bytes = 0;
  }
}
