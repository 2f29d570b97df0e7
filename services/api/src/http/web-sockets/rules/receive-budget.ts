/** What a client may send on a WebSocket from which nothing is read, in bytes: enough for its pongs and whatever keeps it alive. */
const BUDGET_BYTES = 128 * 1024;
/** In how long, in milliseconds. */
const WINDOW_MS = 30_000;

/** Counts what a client sends that nobody wants to hear. */
export class ReceiveBudget {
  #left = BUDGET_BYTES;

  /** @param since milliseconds of any clock */
  constructor(private since: number) {}

  /** Whether so many bytes more are within the budget. */
  spend(bytes: number, now: number): boolean {
    if (now - this.since >= WINDOW_MS) {
      this.since = now;
      this.#left = BUDGET_BYTES;
    }
    this.#left -= bytes;
    return this.#left >= 0;
  }
}
