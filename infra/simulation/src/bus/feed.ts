/** What comes over time, to be iterated: what a connection tells of itself, or the answers to one question. */
export class Feed<T> implements AsyncIterable<T> {
  #queue: T[] = [];
  #wake: (() => void) | undefined;
  #ended = false;
  #error: Error | undefined;

  push(item: T): void {
    if (this.#ended) return;
    this.#queue.push(item);
    this.#wake?.();
  }

  /** What has come before is still handed out; then the error, if there is one. */
  end(error?: Error): void {
    this.#error ??= error;
    this.#ended = true;
    this.#wake?.();
  }

  /** As nats.js calls it. */
  stop(): void {
    this.end();
  }

  async *[Symbol.asyncIterator](): AsyncIterator<T> {
    for (;;) {
      if (this.#queue.length === 0 && !this.#ended) await new Promise<void>((resolve) => (this.#wake = resolve));
      const queue = this.#queue;
      this.#queue = [];
      yield* queue;
      if (!this.#ended || this.#queue.length > 0) continue;
      if (this.#error !== undefined) throw this.#error;
      return;
    }
  }
}
