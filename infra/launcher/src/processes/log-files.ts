import {
  chmodSync,
  closeSync,
  constants,
  existsSync,
  fchmodSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readSync,
  renameSync,
  statSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';

/** Bytes of one log file; with what came before it (`.1`) a process has at most twice as many, and a second's worth more. */
export const LARGEST_LOG = 16 * 1024 * 1024;
const CHUNK = 1024 * 1024;

/**
 * Opens a log for its process to append to: for its owner alone, since it may hold what users' requests held. The process
 * needs no right to the file, as it gets the descriptor.
 */
export function openLog(path: string): number {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  if (existsSync(path) && statSync(path).size > LARGEST_LOG) renameSync(path, `${path}.1`);
  if (existsSync(`${path}.1`)) chmodSync(`${path}.1`, 0o600);
  const log = openSync(path, constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW, 0o600);
  fchmodSync(log, 0o600);
  return log;
}

/**
 * Bounds a log that a process is writing: its last part becomes `.1`, and it begins anew. The process holds the file
 * itself and appends, so the file stays and only its content goes; lines written between the two steps are lost.
 * @param largest bytes from which on that is done
 */
export function trimLog(path: string, largest = LARGEST_LOG): void {
  const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  if (size <= largest) return;
  const log = openSync(path, constants.O_RDWR | constants.O_NOFOLLOW);
  try {
    keepEnd(log, size, `${path}.1`, largest);
  } finally {
    // Also where there is no room for a second file: least of all there may the first one grow.
    ftruncateSync(log, 0);
    closeSync(log);
  }
}

function keepEnd(log: number, size: number, path: string, most: number): void {
  const draft = `${path}.new`;
  const kept = openSync(
    draft,
    constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | constants.O_NOFOLLOW,
    0o600,
  );
  const buffer = Buffer.alloc(Math.min(CHUNK, most));
  try {
    for (let at = size - most; at < size;) {
      const read = readSync(log, buffer, 0, Math.min(buffer.length, size - at), at);
      if (read === 0) break;
      writeSync(kept, buffer, 0, read);
      at += read;
    }
  } finally {
    closeSync(kept);
  }
  renameSync(draft, path);
}
