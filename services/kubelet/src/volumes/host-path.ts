import { mkdir, stat, writeFile } from 'node:fs/promises';
import type { Stats } from 'node:fs';
import { dirname } from 'node:path';
import { ContainerConfigError } from '../container/start-failure';

const CHECKS: Readonly<Record<string, (found: Stats) => boolean>> = {
  Directory: (found) => found.isDirectory(),
  DirectoryOrCreate: (found) => found.isDirectory(),
  File: (found) => found.isFile(),
  FileOrCreate: (found) => found.isFile(),
  Socket: (found) => found.isSocket(),
  CharDevice: (found) => found.isCharacterDevice(),
  BlockDevice: (found) => found.isBlockDevice(),
};

/** Sees that a path of the node is what the volume says it is, and makes it where the type allows that. */
export async function prepareHostPath(path: string, type: string): Promise<void> {
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (found === undefined) {
    if (type === 'FileOrCreate') {
      await mkdir(dirname(path), { recursive: true });
      return writeFile(path, '', { mode: 0o644 });
    }
    // Without a type the engine would refuse what isn't there; Docker's own volumes have always made a directory.
    if (type === '' || type === 'DirectoryOrCreate') {
      await mkdir(path, { recursive: true, mode: 0o755 });
      return;
    }
  }
  const check = CHECKS[type];
  if (check === undefined || (found !== undefined && check(found))) return;
  throw new ContainerConfigError(
    `hostPath type check failed: ${path} is not a ${type.replace('OrCreate', '').toLowerCase()}`,
    'ContainerCreating',
  );
}
