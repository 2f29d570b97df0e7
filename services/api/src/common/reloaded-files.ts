import { readFileSync, statSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { ConfigError } from '@shiplog/service';
import type { Logger } from 'pino';

/** How often the files are looked at, in milliseconds: a revoked token works no longer than this. */
const LOOK_MS = 1_000;

export interface ReloadedFilesOptions<T> {
  /** For people: what the files hold, `the tokens`. */
  readonly name: string;
  readonly paths: readonly string[];
  /** Makes the value of the files' texts, in the order of `paths`. Throws with a sentence when they are wrong. */
  readonly parse: (texts: readonly string[]) => T;
  readonly logger: Logger;
  /** Told of each new value, not of the first. */
  readonly onChange?: (value: T) => void;
}

/**
 * What some files hold, read again when they change. Wrong files keep the service from starting; while it runs they
 * leave the last good value in force, and are logged once. Files are polled: a watch on them would miss a folder that is
 * replaced, as mounted secrets are.
 */
export class ReloadedFiles<T> {
  #value: T;
  #seen: string;
  #timer: NodeJS.Timeout | undefined;
  #looking = false;

  /** Reads the files. Throws ConfigError when they can't be read or are wrong. */
  constructor(private readonly options: ReloadedFilesOptions<T>) {
    try {
      // Looked at before they are read, so that a change in between is seen as one.
      this.#seen = options.paths.map((path) => markOf(statSync(path, { bigint: true }))).join();
      this.#value = options.parse(options.paths.map((path) => readFileSync(path, 'utf8')));
    } catch (error) {
      throw new ConfigError(`${options.name} can't be used: ${messageOf(error)}`);
    }
  }

  get value(): T {
    return this.#value;
  }

  /** Begins to look for changes. */
  watch(everyMs = LOOK_MS): void {
    this.#timer ??= setInterval(() => void this.#look(), everyMs).unref();
  }

  close(): void {
    clearInterval(this.#timer);
  }

  async #look(): Promise<void> {
    if (this.#looking) return;
    this.#looking = true;
    const { name, paths, parse, logger, onChange } = this.options;
    try {
      const marks = await Promise.all(paths.map(currentMark));
      const now = marks.join();
      if (now === this.#seen) return;
      this.#seen = now;
      const value = parse(await Promise.all(paths.map((path) => readFile(path, 'utf8'))));
      onChange?.(value);
      this.#value = value;
      logger.info({ paths }, `${name} changed and are read again`);
    } catch (error) {
      logger.error(
        { paths, reason: messageOf(error) },
        `${name} changed and can't be used; the last good ones stay in force`,
      );
    } finally {
      this.#looking = false;
    }
  }
}

async function currentMark(path: string): Promise<string> {
  try {
    return markOf(await stat(path, { bigint: true }));
  } catch (error) {
    return messageOf(error);
  }
}

/** Differs when a file was written or replaced. */
function markOf({ ino, size, mtimeNs }: { ino: bigint; size: bigint; mtimeNs: bigint }): string {
  return `${ino}:${size}:${mtimeNs}`;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
