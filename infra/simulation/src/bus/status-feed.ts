import type { Status } from 'nats';

/** What a connection tells of itself, to be iterated. */
export class StatusFeed implements AsyncIterable<Status> {
  #queue: Status[] = [];
  #wake: (() => void) | undefined;
  #ended = false;

  push(status: Status): void {
    this.#queue.push(status);
    this.#wake?.();
  }

  end(): void {
    this.#ended = true;
    this.#wake?.();
  }

  async *[Symbol.asyncIterator](): AsyncIterator<Status> {
    for (;;) {
      if (this.#queue.length === 0 && !this.#ended) await new Promise<void>((resolve) => (this.#wake = resolve));
      const queue = this.#queue;
      this.#queue = [];
      yield* queue;
      if (this.#ended && this.#queue.length === 0) return;
    }
  }
}
