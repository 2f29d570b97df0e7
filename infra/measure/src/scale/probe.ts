import { writeFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { isMainThread } from 'node:worker_threads';

/** What a process says of itself when it is asked. */
export interface Reading {
  /** What is alive, on the heap and in buffers, in bytes. */
  readonly heap: number;
  readonly rss: number;
  /** The longest turn of the event loop since it was asked last, in milliseconds of processor time. */
  readonly longestTurnMs: number;
}

/** Names the file that a reading is written to, upon SIGUSR2. */
export const PROBE_FILE = 'MEASURE_PROBE_FILE';
const LOOK_MS = 2;

/**
 * Loaded into a service's process before its program (`--require`), which knows nothing of it. How long a turn takes is told
 * by a timer that comes once in each; of the time between two of its calls counts what the process computed, so that
 * neither waiting nor another process on the same processor is taken for a turn. The first turn, in which the program's
 * modules are loaded, is none of them.
 */
function watch(file: string): void {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  let longest = 0;
  let last: Moment | undefined;
  setInterval(() => {
    const present = now();
    if (last !== undefined) longest = Math.max(longest, Math.min(present.wall - last.wall, present.cpu - last.cpu));
    last = present;
  }, LOOK_MS).unref();
  process.on('SIGUSR2', () => {
    const longestTurnMs = longest;
    collect();
    collect();
    const { heapUsed, arrayBuffers, rss } = process.memoryUsage();
    writeFileSync(file, JSON.stringify({ heap: heapUsed + arrayBuffers, rss, longestTurnMs } satisfies Reading));
    last = now();
    longest = 0;
  });
}

/** In milliseconds. */
interface Moment {
  readonly wall: number;
  readonly cpu: number;
}

function now(): Moment {
  const { user, system } = process.cpuUsage();
  return { wall: performance.now(), cpu: (user + system) / 1_000 };
}

const file = process.env[PROBE_FILE];
if (isMainThread && file !== undefined) watch(file);
