import { chmod, lchown, mkdir, readdir, readlink, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { PlannedFile } from './plan/planned-volume';

const DATA = '..data';

/**
 * Writes a volume's files so that readers see the old set or the new one, never a mixture, as Kubernetes does: the
 * files live in a directory of their own, `..data` points to it, and each name points through `..data`. Changing the
 * one link changes all. `generation` names the new directory.
 */
export async function writeAtomically(
  directory: string,
  files: readonly PlannedFile[],
  generation: string,
  gid: number | undefined,
): Promise<void> {
  const data = `..${generation}`;
  const before = await readlink(join(directory, DATA)).catch(absent);
  // What the link leads to is whole, and in use: a kubelet before this one may have written it.
  if (before !== data) {
    await writeFresh(join(directory, data), files, gid);
    const link = join(directory, `${DATA}_tmp`);
    await rm(link, { force: true });
    await symlink(data, link);
    await rename(link, join(directory, DATA));
  }
  await linkNames(directory, new Set(files.map(({ path }) => path.split('/')[0] ?? path)));
  if (before !== undefined && before !== data) await rm(join(directory, before), { recursive: true, force: true });
}

async function writeFresh(fresh: string, files: readonly PlannedFile[], gid: number | undefined): Promise<void> {
  await rm(fresh, { recursive: true, force: true });
  await mkdir(fresh, { recursive: true, mode: 0o755 });
  for (const { path, mode, content } of files) {
    const target = join(fresh, path);
    await mkdir(dirname(target), { recursive: true, mode: 0o755 });
    await writeFile(target, content);
    await chmod(target, gid === undefined ? mode : mode | 0o040);
    if (gid !== undefined) await lchown(target, 0, gid);
  }
}

async function linkNames(directory: string, names: ReadonlySet<string>): Promise<void> {
  const present = new Set((await readdir(directory)).filter((name) => !name.startsWith('..')));
  for (const name of names) if (!present.has(name)) await symlink(join(DATA, name), join(directory, name));
  for (const name of present) if (!names.has(name)) await rm(join(directory, name), { force: true });
}

function absent(error: NodeJS.ErrnoException): undefined {
  if (error.code === 'ENOENT') return undefined;
  throw error;
}
