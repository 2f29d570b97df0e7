import { mkdir, stat, writeFile } from 'node:fs/promises';
import type { Stats } from 'node:fs';

/** What Kubernetes calls what should be there (pkg/volume/hostpath). */
const NAMES: Readonly<Record<string, string>> = {
  Directory: 'directory',
  DirectoryOrCreate: 'directory',
  File: 'file',
  FileOrCreate: 'file',
  Socket: 'socket file',
  CharDevice: 'character device',
  BlockDevice: 'block device',
};
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
      // Its directory is not made, as Kubernetes' documentation says.
      return writeFile(path, '', { mode: 0o644 }).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== 'ENOENT') throw error;
        throw new Error(`open ${path}: no such file or directory`);
      });
    }
    // Without a type the engine would refuse what isn't there; Docker's own volumes have always made a directory.
    if (type === '' || type === 'DirectoryOrCreate') {
      await mkdir(path, { recursive: true, mode: 0o755 });
      return;
    }
  }
  const check = CHECKS[type];
  if (check === undefined || (found !== undefined && check(found))) return;
  throw new Error(`hostPath type check failed: ${path} is not a ${NAMES[type]}`);
}
