import type { LogOptions } from '../runtime';

/** Something that a container has written at once; `time` as in RFC 3339. */
export interface WrittenLine {
  readonly time: string;
  readonly text: string;
}

/** A log as its runtime has it. */
export interface HollowLog {
  /** All that was written so far. Throws RuntimeError for a container that is not there. */
  written(): Promise<readonly WrittenLine[]>;
  /** Whether nothing will be written any more. */
  isOver(): boolean;
  /** Calls back when it may be otherwise; returns what ends that. */
  onChange(listener: () => void): () => void;
}

/** Reads a log, as `docker logs` does. */
export async function* readHollowLog(options: LogOptions, log: HollowLog): AsyncGenerator<Uint8Array> {
  const { follow, timestamps, tailLines, since, signal } = options;
  const all = await log.written();
  const lines = all
    .filter(({ time }) => since === undefined || Date.parse(time) / 1_000 >= since)
    .flatMap(({ time, text }) => linesOf(text).map((line) => (timestamps ? `${time} ${line}` : line)));
  const shown = tailLines === undefined ? lines : lines.slice(Math.max(0, lines.length - tailLines));
  if (shown.length > 0) yield Buffer.from(shown.join(''));
  // What a hollow container has to say it says when it begins.
  if (follow && signal?.aborted !== true) await ended(log, signal);
}

function linesOf(text: string): string[] {
  return text.split(/(?<=\n)/);
}

function ended(log: HollowLog, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const look = (): void => {
      if (!log.isOver() && signal?.aborted !== true) return;
      off();
      signal?.removeEventListener('abort', look);
      resolve();
    };
    const off = log.onChange(look);
    signal?.addEventListener('abort', look, { once: true });
    look();
  });
}
