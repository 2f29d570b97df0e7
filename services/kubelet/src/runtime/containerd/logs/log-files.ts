import { open, readdir, rm, rmdir, stat, type FileHandle } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/** The files of one container's log, the oldest first: what it was rotated into, and the one that is written. */
export async function logFiles(path: string): Promise<string[]> {
  const names = await readdir(dirname(path)).catch(absent);
  const name = basename(path);
  const rotated = (names ?? []).filter((item) => item.startsWith(`${name}.`)).sort();
  return [...rotated, ...((names ?? []).includes(name) ? [name] : [])].map((item) => join(dirname(path), item));
}

/** A file that is there; undefined for one that was moved or removed meanwhile. */
export async function openLog(path: string): Promise<FileHandle | undefined> {
  return open(path, 'r').catch(absent);
}

/** A file's number, which stays its own when it is moved. */
export async function inodeOf(path: string): Promise<number | undefined> {
  return (await stat(path).catch(absent))?.ino;
}

/** Removes a container's log, and the directories that held nothing else. */
export async function removeLog(path: string): Promise<void> {
  if (path === '') return;
  for (const file of await logFiles(path)) await rm(file, { force: true });
  const directory = dirname(path);
  for (const empty of [directory, dirname(directory)]) await rmdir(empty).catch(stillUsed);
}

function absent(error: NodeJS.ErrnoException): undefined {
  if (error.code === 'ENOENT') return undefined;
  throw error;
}

function stillUsed(error: NodeJS.ErrnoException): void {
  if (!['ENOENT', 'ENOTEMPTY', 'EEXIST'].includes(error.code ?? '')) throw error;
}
