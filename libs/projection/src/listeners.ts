/** Those who are told of something, until each ends it. */
export class Listeners<T> {
  readonly #listeners = new Set<(told: T) => void>();

  /** Returns what ends it. */
  add(listener: (told: T) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  tell(told: T): void {
    for (const listener of this.#listeners) listener(told);
  }
}

/** As Listeners, of what comes one by one: they are told of all that came with one read, together. */
export class BatchListeners<T> {
  readonly #listeners = new Listeners<readonly T[]>();
  #batch: T[] = [];

  add(listener: (batch: readonly T[]) => void): () => void {
    return this.#listeners.add(listener);
  }

  push(item: T): void {
    if (this.#batch.push(item) > 1) return;
    queueMicrotask(() => {
      const batch = this.#batch;
      this.#batch = [];
      this.#listeners.tell(batch);
    });
  }
}
