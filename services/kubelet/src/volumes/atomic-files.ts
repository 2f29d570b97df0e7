import { createHash } from 'node:crypto';
import { chmod, lchown, mkdir, readdir, readlink, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { PlannedFile } from './plan/planned-volume';

const DATA = '..data';
const SETGID = 0o2000;

/**
 * Writes a volume's files so that readers see the old set or the new one, never a mixture, as Kubernetes does: the
 * files live in a directory of their own, `..data` points to it, and each name points through `..data`. Changing the
 * one link changes all. The directory is named by what is in it, so that the same files are written once, by whichever
 * kubelet.
 */
export async function writeAtomically(
  directory: string,
  files: readonly PlannedFile[],
  gid: number | undefined,
): Promise<void> {
  const data = `..${generationOf(files)}`;
  const before = await readlink(join(directory, DATA)).catch(absent);
  // What the link leads to is whole, and in use: a kubelet before this one may have written it.
  if (before !== data) {
    await makeDirectory(directory, 0o777, gid);
    await writeFresh(join(directory, data), files, gid);
    const link = join(directory, `${DATA}_tmp`);
    await rm(link, { force: true });
    await symlink(data, link);
    await rename(link, join(directory, DATA));
  }
  await linkNames(directory, new Set(files.map(({ path }) => path.split('/')[0] ?? path)));
  if (before !== undefined && before !== data) await rm(join(directory, before), { recursive: true, force: true });
}

/** Whether files were ever written there. */
export async function hasFiles(directory: string): Promise<boolean> {
  return (await readlink(join(directory, DATA)).catch(absent)) !== undefined;
}

async function writeFresh(fresh: string, files: readonly PlannedFile[], gid: number | undefined): Promise<void> {
  await rm(fresh, { recursive: true, force: true });
  await makeDirectory(fresh, 0o755, gid);
  for (const { path, mode, owner, content } of files) {
    const target = join(fresh, path);
    await makeWithin(fresh, dirname(path), gid);
    await writeFile(target, content);
    // Without root no file can be given away: all may read what its user could.
    const given = owner !== undefined && process.getuid?.() === 0;
    if (gid !== undefined || given) await lchown(target, owner ?? 0, gid ?? 0);
    const readable = owner !== undefined && !given ? 0o444 : 0;
    // After the owner: to give a file away takes bits from its mode. A group that has the volume may read all.
    await chmod(target, mode | readable | (gid === undefined ? 0 : 0o440));
  }
}

async function makeWithin(root: string, path: string, gid: number | undefined): Promise<void> {
  let directory = root;
  for (const part of path.split('/').filter((item) => item !== '.')) {
    directory = join(directory, part);
    await makeDirectory(directory, 0o755, gid);
  }
}

/** Whatever the process' umask is. A group that owns the volume hands itself on (SetVolumeOwnership in pkg/volume). */
async function makeDirectory(path: string, mode: number, gid: number | undefined): Promise<void> {
  await mkdir(path, { recursive: true });
  if (gid !== undefined) await lchown(path, 0, gid);
  await chmod(path, gid === undefined ? mode : mode | SETGID);
}

/** Directories among them are sub-paths that containers have mounted: they stay. */
async function linkNames(directory: string, names: ReadonlySet<string>): Promise<void> {
  const entries = await readdir(directory, { withFileTypes: true });
  const present = new Set(entries.filter(({ name }) => !name.startsWith('..')).map(({ name }) => name));
  const links = entries.filter((entry) => entry.isSymbolicLink() && present.has(entry.name)).map(({ name }) => name);
  for (const name of names) if (!present.has(name)) await symlink(join(DATA, name), join(directory, name));
  for (const name of links) if (!names.has(name)) await rm(join(directory, name), { force: true });
}

function generationOf(files: readonly PlannedFile[]): string {
  const hash = createHash('sha256');
  for (const { path, mode, owner, content } of files)
    hash.update(JSON.stringify([path, mode, owner, content.length])).update(content);
  return hash.digest('hex').slice(0, 16);
}

function absent(error: NodeJS.ErrnoException): undefined {
  if (error.code === 'ENOENT') return undefined;
  throw error;
}
