import { createWriteStream } from 'node:fs';
import { mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';

/**
 * Writes rows, gzipped, to a file that has its name once it is complete and on the disk, with its name: a power cut a
 * moment later loses neither. Only its owner reads it: events hold Secrets.
 * @param epoch of the journal that writes: names the partial file, so that two who archive the same never write into one
 * @param check throws when the rows, all read by then, are not those that were to be archived
 */
export async function writeArchive(path: string, epoch: number, rows: Readable, check: () => void): Promise<void> {
  const directory = dirname(path);
  await mkdir(directory, { recursive: true, mode: 0o700 });
  await removePartials(path, epoch);
  const partial = `${path}.${epoch}.partial`;
  await pipeline(rows, createGzip(), createWriteStream(partial, { mode: 0o600 }));
  check();
  await syncToDisk(partial);
  await rename(partial, path);
  await syncToDisk(directory);
}

/** What journals before this one did not live to finish. One that is not dead but deposed fails when it renames it. */
async function removePartials(path: string, epoch: number): Promise<void> {
  const directory = dirname(path);
  for (const name of await readdir(directory)) {
    const [, of] = /\.(\d+)\.partial$/.exec(name) ?? [];
    const isLeft = name.startsWith(`${basename(path)}.`) && name.endsWith('.partial');
    if (isLeft && Number(of ?? 0) <= epoch) await rm(join(directory, name), { force: true });
  }
}

/** A file, or a directory: the names in it. */
async function syncToDisk(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
