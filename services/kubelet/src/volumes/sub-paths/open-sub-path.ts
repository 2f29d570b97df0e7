import { chmod, constants, mkdir, open, realpath, type FileHandle } from 'node:fs/promises';
import { join, relative } from 'node:path';

/** Linux' O_PATH, which Node has no name for: a place in the tree, without opening what is there, be it a pipe or a device. */
const O_PATH = 0o10000000;
const STEP = O_PATH | constants.O_NOFOLLOW;
const DIRECTORY_STEP = STEP | constants.O_DIRECTORY;

/**
 * Opens a path inside a volume, of which containers may change every part at any moment. Symbolic links are followed where they lead
 * to a place in the volume; from there on it goes step by step, each from the descriptor of the one before and through no link: what
 * is opened is in the volume, whatever is exchanged meanwhile (CVE-2017-1002101, CVE-2021-25741; safeOpenSubPath and doSafeMakeDir in
 * pkg/volume/util/subpath). Directories that are missing are made in the same way, with the mode of the volume. Throws an Error for
 * what leads elsewhere.
 *
 * @returns a descriptor that is good for mounting (by /proc/<pid>/fd), not for reading; the caller closes it
 */
export async function openSubPath(root: string, steps: readonly string[]): Promise<FileHandle> {
  const realRoot = await realpath(root);
  const { real, missing } = await existingPart(realRoot, steps);
  if (real !== realRoot && !real.startsWith(`${realRoot}/`)) throw new Error(`${real} is not in ${realRoot}`);
  const existing = relative(realRoot, real).split('/').filter(Boolean);
  let handle = await open(realRoot, missing.length + existing.length === 0 ? STEP : DIRECTORY_STEP);
  try {
    const mode = (await handle.stat()).mode & 0o7777;
    for (const [i, step] of existing.entries()) {
      const isLast = i === existing.length - 1 && missing.length === 0;
      handle = await goOn(handle, step, isLast ? STEP : DIRECTORY_STEP);
    }
    for (const step of missing) {
      const isNew = await makeIn(handle, step);
      handle = await goOn(handle, step, DIRECTORY_STEP);
      // Whatever the process' umask is.
      if (isNew) await chmod(pathOf(handle), mode);
    }
    // A link as the last step is opened as itself.
    if ((await handle.stat()).isSymbolicLink()) throw new Error(`${real} is a symbolic link`);
    return handle;
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** Where other processes find what a descriptor of this one stands for. */
export function descriptorPath(handle: FileHandle): string {
  return `/proc/${process.pid}/fd/${handle.fd}`;
}

/** How far the path is there, with its links followed: a guess, as of now. */
async function existingPart(root: string, steps: readonly string[]): Promise<{ real: string; missing: string[] }> {
  let real = root;
  for (const [i, step] of steps.entries()) {
    const next = await realpath(join(real, step)).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined;
      throw error;
    });
    if (next === undefined) return { real, missing: steps.slice(i) };
    real = next;
  }
  return { real, missing: [] };
}

async function goOn(from: FileHandle, step: string, flags: number): Promise<FileHandle> {
  const next = await open(join(pathOf(from), step), flags);
  await from.close();
  return next;
}

/** Whether it was made: it may be there, and be anything, which the next step finds out. */
async function makeIn(directory: FileHandle, step: string): Promise<boolean> {
  try {
    await mkdir(join(pathOf(directory), step));
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

function pathOf({ fd }: FileHandle): string {
  return `/proc/self/fd/${fd}`;
}
