/** In milliseconds. */
export interface BackOffBounds {
  readonly firstMs: number;
  readonly longestMs: number;
}

/** The wait after so many failures in a row (1 and more): doubles from the first to the longest. */
export function backOffMs(failures: number, { firstMs, longestMs }: BackOffBounds): number {
  return Math.min(firstMs * 2 ** Math.max(0, failures - 1), longestMs);
}

/** Counts failures in a row, and says how long to wait after each. */
export class BackOff {
  #failures = 0;

  constructor(private readonly bounds: BackOffBounds) {}

  /** In a row, so far. */
  get failures(): number {
    return this.#failures;
  }

  /** One more; the wait before the next attempt, in milliseconds. */
  failed(): number {
    return backOffMs(++this.#failures, this.bounds);
  }

  /** The next failure is a first one. */
  succeeded(): void {
    this.#failures = 0;
  }
}

/** A back-off for each of many keys; forgotten after a success. */
export class KeyedBackOff {
  readonly #failures = new Map<string, number>();

  constructor(private readonly bounds: BackOffBounds) {}

  /** Counts a failure of a key: which one in a row it is, and the wait before the next attempt. */
  failed(key: string): { attempt: number; waitMs: number } {
    const attempt = (this.#failures.get(key) ?? 0) + 1;
    this.#failures.set(key, attempt);
    return { attempt, waitMs: backOffMs(attempt, this.bounds) };
  }

  /** The key is well again. */
  succeeded(key: string): void {
    this.#failures.delete(key);
  }
}
