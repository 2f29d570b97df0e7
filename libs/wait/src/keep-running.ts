import { BackOff, type BackOffBounds } from './back-off';
import { pause } from './pause';

export interface KeepRunningOptions {
  readonly backOff: BackOffBounds;
  /** Ends it: what runs must heed the signal itself. */
  readonly signal: AbortSignal;
  /** Each failure, with the wait before the next attempt; not called for what ends by the signal. */
  readonly onError: (error: unknown, waitMs: number) => void;
}

/**
 * Runs what should go on for ever (a connection, a subscription, a turn of something periodic) again and again until the
 * signal: after an end in order the first wait long later, after failures in a row later and later. Never rejects.
 * @param run may call `well` when it has got so far that its next failure counts as a first one
 */
export async function keepRunning(
  run: (well: () => void) => Promise<void>,
  { backOff: bounds, signal, onError }: KeepRunningOptions,
): Promise<void> {
  const backOff = new BackOff(bounds);
  while (!signal.aborted) {
    let waitMs = bounds.firstMs;
    try {
      await run(() => backOff.succeeded());
      backOff.succeeded();
    } catch (error) {
      if (signal.aborted) return;
      waitMs = backOff.failed();
      onError(error, waitMs);
    }
    await pause(waitMs, signal);
  }
}
