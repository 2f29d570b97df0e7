import { url as inspectorUrl } from 'node:inspector';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { Logger } from 'pino';

/** How a process ends whose event loop stood still (EX_SOFTWARE): its supervisor starts another one. */
export const STALLED_EXIT_CODE = 70;

/** So many looks are had within the limit: what a stop of the whole process takes from the watch is one of them. */
export const LOOKS = 10;

/** What the thread is told at its start. */
export interface WatchOrders {
  readonly beats: Int32Array;
  readonly limitMs: number;
  readonly exitCode: number;
  /** The fields of every log line of this process. */
  readonly base: Readonly<Record<string, unknown>>;
}

/** Places in the memory that both threads see. */
export const BEAT = 0;
export const DEBUGGED = 1;

export interface WatchdogOptions {
  /** How long the event loop may stand still, in milliseconds; 0: for ever. */
  readonly limitMs: number;
  readonly base: Readonly<Record<string, unknown>>;
  readonly logger: Pick<Logger, 'warn'>;
}

/**
 * Watches the event loop of this process from a thread of its own. One that stands still for the limit (an endless loop,
 * also of microtasks, or a call that does not come back) can neither say so nor be stopped in order: the thread writes
 * where it stands into the log and ends the process with `STALLED_EXIT_CODE`. Time during which nothing ran here at all
 * (SIGSTOP, a suspended machine) does not count, and while an inspector is open nobody is ended.
 */
export function watchEventLoop({ limitMs, base, logger }: WatchdogOptions): void {
  if (limitMs === 0) return;
  const beats = new Int32Array(new SharedArrayBuffer(2 * Int32Array.BYTES_PER_ELEMENT));
  const beat = (): void => {
    Atomics.store(beats, DEBUGGED, inspectorUrl() === undefined ? 0 : 1);
    Atomics.add(beats, BEAT, 1);
  };
  beat();
  setInterval(beat, limitMs / LOOKS / 2).unref();
  const orders: WatchOrders = { beats, limitMs, base, exitCode: STALLED_EXIT_CODE };
  const thread = new Worker(join(__dirname, 'watchdog-thread.js'), {
    workerData: orders,
    name: 'watchdog',
    execArgv: [],
    env: {},
    resourceLimits: { maxOldGenerationSizeMb: 32, maxYoungGenerationSizeMb: 1, codeRangeSizeMb: 1, stackSizeMb: 1 },
  });
  thread.unref();
  thread.on('error', (error) => logger.warn({ err: error }, 'the event loop is not watched any more'));
}
