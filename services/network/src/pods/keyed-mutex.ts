/** One piece of work per key at a time, in the order of asking; different keys don't wait for each other. */
export class KeyedMutex {
  /** By key, the last piece of work that was asked for. */
  readonly #last = new Map<string, Promise<unknown>>();

  /** Runs it once what was asked for before it has ended, well or not; answers or throws as it does. */
  async run<T>(key: string, work: () => Promise<T>): Promise<T> {
    const before = this.#last.get(key) ?? Promise.resolve();
    const own = before.then(work, work);
    this.#last.set(key, own);
    try {
      return await own;
    } finally {
      if (this.#last.get(key) === own) this.#last.delete(key);
    }
  }

  /** Keys with work under way. */
  get size(): number {
    return this.#last.size;
  }
}
