/**
 * The thread that watches the event loop of its process. It loads nothing but Node's own modules, since each service
 * pays for its memory.
 */
import { write } from 'node:fs';
import { workerData } from 'node:worker_threads';
import type { WatchOrders } from './watchdog';
import { StackSampler } from './watchdog-stacks';

const { beats, limitMs, exitCode, base } = workerData as WatchOrders;
/** As in watchdog.ts, which is not loaded here. */
const BEAT = 0;
const DEBUGGED = 1;
const LOOKS = 10;
const LOOK_MS = limitMs / LOOKS;
/** A look that comes so much later than it should: this thread stood still too, so nothing is known of the other. */
const LATE_MS = Math.max(LOOK_MS, 500);
/** What the last words may take when nobody reads them, and the way out when the process does not take it. */
const LAST_WORDS_MS = 1_000;

let seen = Atomics.load(beats, BEAT);
let missed = 0;
let lookedAt = performance.now();

const looking = setInterval(look, LOOK_MS);

function look(): void {
  const now = performance.now();
  const isLate = now - lookedAt > LOOK_MS + LATE_MS;
  lookedAt = now;
  const beat = Atomics.load(beats, BEAT);
  if (beat !== seen || isLate || Atomics.load(beats, DEBUGGED) === 1) {
    seen = beat;
    missed = 0;
    return;
  }
  if (++missed < LOOKS) return;
  clearInterval(looking);
  void end();
}

async function end(): Promise<void> {
  const sampler = new StackSampler();
  const stacks = await sampler.take();
  await say(stacks);
  sampler.endProcess(exitCode);
  // A call that never comes back to JavaScript can't be left by an exit.
  setTimeout(() => process.kill(process.pid, 'SIGKILL'), LAST_WORDS_MS);
}

function say(stacks: readonly string[][]): Promise<void> {
  const where = stacks.length === 0 ? 'in a call outside of JavaScript' : (stacks[0]?.[0] ?? 'nowhere');
  const line = JSON.stringify({
    level: 60,
    time: new Date().toISOString(),
    ...base,
    stacks,
    exitCode,
    msg: `the event loop has stood still for ${limitMs / 1_000} s, ${where}; ending, to be started again`,
  });
  return new Promise((resolve) => {
    setTimeout(resolve, LAST_WORDS_MS);
    write(1, `${line}\n`, () => resolve());
  });
}
