/** How long to wait after failures, per key: doubles from `firstMs` up to `maxMs`; forgotten after a success. */
export class BackOff {
  private readonly failures = new Map<string, number>();

  constructor(
    private readonly firstMs: number,
    private readonly maxMs: number,
  ) {}

  /** Counts a failure of a key: which one in a row it is, and the wait before the next attempt. */
  failed(key: string): { attempt: number; waitMs: number } {
    const attempt = (this.failures.get(key) ?? 0) + 1;
    this.failures.set(key, attempt);
    return { attempt, waitMs: Math.min(this.firstMs * 2 ** (attempt - 1), this.maxMs) };
  }

  /** The key is well again. */
  succeeded(key: string): void {
    this.failures.delete(key);
  }
}
