import { watch } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { pause } from '@shiplog/wait';
import type { LogOptions } from '../../runtime';
import { inodeOf, logFiles, openLog } from './log-files';
import { lastLines, LogLines } from './log-lines';

const CHUNK = 64 * 1024;
/** The file system may not tell of a change: then it is looked for. */
const LOOK_AGAIN_MS = 1_000;

/** A log's file, and how far it was read. */
interface Place {
  readonly file: FileHandle;
  readonly inode: number;
  at: number;
}

/**
 * What a container wrote, over all files that its log was rotated into. With `follow` until its container has ended.
 * @param ended resolves when nothing more will be written
 */
export async function* readLog(path: string, options: LogOptions, ended: Promise<void>): AsyncGenerator<Buffer> {
  const lines = new LogLines(options);
  const { follow, signal } = options;
  const changes = follow ? new Changes(path, ended, signal) : undefined;
  let place = await firstPlace(path, options.tailLines);
  try {
    for (;;) {
      // What was written before the end is there by then.
      const isLast = changes?.isOver ?? true;
      for (;;) {
        if (place !== undefined) yield* readOn(place, lines, signal);
        const next: Place | undefined = await placeAfter(path, place);
        if (next === undefined) break;
        // Somebody may have written to it until it was replaced.
        if (place !== undefined) yield* readOn(place, lines, signal);
        await place?.file.close();
        place = next;
      }
      if (isLast || signal?.aborted === true) return;
      await changes?.next();
    }
  } finally {
    changes?.close();
    await place?.file.close();
  }
}

async function* readOn(place: Place, lines: LogLines, signal: AbortSignal | undefined): AsyncGenerator<Buffer> {
  while (signal?.aborted !== true) {
    const { buffer, bytesRead } = await place.file.read(Buffer.allocUnsafe(CHUNK), 0, CHUNK, place.at);
    if (bytesRead === 0) return;
    place.at += bytesRead;
    const output = lines.outputOf(buffer.subarray(0, bytesRead));
    if (output.length > 0) yield output;
  }
}

/** The file after one's own; of files that are all newer, the first. Undefined when there is none yet. */
async function placeAfter(path: string, before: Place | undefined): Promise<Place | undefined> {
  const files = await logFiles(path);
  const inodes = await Promise.all(files.map(inodeOf));
  const own = before === undefined ? -1 : inodes.indexOf(before.inode);
  const next = files[own + 1];
  return next === undefined ? undefined : placeIn(next);
}

async function placeIn(path: string, at = 0): Promise<Place | undefined> {
  const file = await openLog(path);
  return file && { file, inode: (await file.stat()).ino, at };
}

/** Where reading begins: with the oldest that is kept, or with the last lines. */
async function firstPlace(path: string, tailLines: number | undefined): Promise<Place | undefined> {
  const files = await logFiles(path);
  let missing = tailLines ?? Infinity;
  for (const [index, name] of [...files.entries()].reverse()) {
    const place = await placeIn(name);
    if (place === undefined) continue;
    if (missing !== Infinity) {
      const found = await tailOf(place.file, missing);
      place.at = found.from;
      missing = found.missing;
    }
    if (index === 0 || missing === 0) return place;
    await place.file.close();
  }
  return undefined;
}

/** Where the last lines of a file begin: more and more of its end is looked at. */
async function tailOf(file: FileHandle, count: number): Promise<{ from: number; missing: number }> {
  const { size } = await file.stat();
  for (let length = CHUNK; ; length *= 2) {
    const begin = Math.max(0, size - length);
    const end = Buffer.allocUnsafe(size - begin);
    const { bytesRead } = await file.read(end, 0, end.length, begin);
    const { from, missing } = lastLines(end.subarray(0, bytesRead), count, begin === 0);
    if (missing === 0 || begin === 0) return { from: begin + from, missing };
  }
}

/** When there may be more to read of a log. */
class Changes {
  #wake: () => void = () => undefined;
  #changed = false;
  isOver = false;
  readonly #watcher: { close(): void } | undefined;

  constructor(path: string, ended: Promise<void>, signal: AbortSignal | undefined) {
    const changed = (): void => {
      this.#changed = true;
      this.#wake();
    };
    void ended
      .catch(() => undefined)
      .then(() => {
        this.isOver = true;
        changed();
      });
    this.#watcher = watched(dirname(path), changed);
    signal?.addEventListener('abort', changed, { once: true });
  }

  /** Resolves when something has changed since the last time, or after a while. */
  async next(): Promise<void> {
    if (!this.#changed) {
      const over = new AbortController();
      this.#wake = () => over.abort();
      await pause(LOOK_AGAIN_MS, over.signal);
    }
    this.#changed = false;
  }

  close(): void {
    this.#watcher?.close();
  }
}

/** Without a directory, or a watch to be had, changes are looked for alone. */
function watched(directory: string, changed: () => void): { close(): void } | undefined {
  try {
    return watch(directory, { persistent: false }, changed).on('error', () => undefined);
  } catch {
    return undefined;
  }
}
