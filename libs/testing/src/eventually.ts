import { setTimeout as delay } from 'node:timers/promises';

/**
 * The first value that a look at the world returns without throwing (and isn't false or undefined), looking again until
 * `timeoutMs` is over; then throws what the last look said. For tests of what other processes bring about.
 */
export async function eventually<T>(
  look: () => Promise<T> | T,
  { timeoutMs = 15_000, everyMs = 50 }: { timeoutMs?: number; everyMs?: number } = {},
): Promise<NonNullable<T>> {
  const deadline = Date.now() + timeoutMs;
  let last: unknown = new Error('not so');
  for (;;) {
    try {
      const value = await look();
      if (value !== undefined && value !== null && value !== false) return value;
      last = new Error(`not so within ${timeoutMs} ms: ${String(value)}`);
    } catch (error) {
      last = error;
    }
    if (Date.now() > deadline) throw last;
    await delay(everyMs);
  }
}
