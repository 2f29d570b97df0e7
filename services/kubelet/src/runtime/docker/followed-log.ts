import { setTimeout as pause } from 'node:timers/promises';
import { RuntimeError, type RuntimeProblem } from '../runtime';
import { Frames, type ReadUntil } from './demultiplex';

/** How a log that is written is read. */
export interface LogFiles {
  /** The engine's frames with timestamps, from a time on (seconds since 1970); from where the reader began without one. */
  open(since: number | undefined, follow: boolean): Promise<AsyncIterable<Buffer>>;
  /** Whether more may be written; `gone`: there is nothing left to read either. */
  state(): Promise<'written' | 'ended' | 'gone'>;
}

const PAUSE_MS = 100;
/** Outputs overtake each other by less. */
const OVERLAP_S = 1;

/**
 * A log for as long as it is written, over all files that it is rotated into. With each of them the engine repeats some of what it
 * sent a follower, or ends the stream: what was read before is left out, and the log is read on from where it ended. Nothing is
 * missing but what the engine itself passes over, when files are rotated faster than it reads.
 */
export async function* followLog(files: LogFiles, timestamps: boolean, signal?: AbortSignal): AsyncIterable<Buffer> {
  const until: ReadUntil = { stdout: '', stderr: '' };
  for (let follow = true, isFirst = true; ; isFirst = false) {
    const frames = new Frames(timestamps ? 'shown' : 'hidden', until);
    const source = await files.open(sinceOf(until), follow);
    for await (const chunk of isFirst ? source : untilGone(source)) {
      const output = frames.outputOf(chunk);
      if (output.length > 0) yield output;
    }
    if (isAborted(signal) || !follow) return;
    const state = await files.state();
    if (state === 'gone') return;
    // What was written before it ended may be in a file that the stream did not come to.
    follow = state === 'written';
    if (follow) await pause(PAUSE_MS, undefined, { signal }).catch(() => undefined);
    if (isAborted(signal)) return;
  }
}

/** What was read before is all there is of a container that has gone meanwhile, or that is just being removed. */
async function* untilGone(source: AsyncIterable<Buffer>): AsyncIterable<Buffer> {
  try {
    yield* source;
  } catch (error) {
    if (!(error instanceof RuntimeError && GONE.has(error.problem))) throw error;
  }
}

const GONE: ReadonlySet<RuntimeProblem> = new Set(['not-found', 'conflict']);

function isAborted(signal: AbortSignal | undefined): boolean {
  return signal?.aborted === true;
}

function sinceOf({ stdout, stderr }: ReadUntil): number | undefined {
  const ms = Date.parse(stdout > stderr ? stdout : stderr);
  return Number.isNaN(ms) ? undefined : Math.floor(ms / 1_000) - OVERLAP_S;
}
