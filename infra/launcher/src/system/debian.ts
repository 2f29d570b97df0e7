import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { LauncherFailure } from '../failure';
import { run } from './run';
import { aptUpdate, findTool, hasApt } from './tools';

const NO_SANDBOX = ['-o', 'APT::Sandbox::User=root'];

/**
 * Downloads Debian packages without installing them, so that nothing of theirs is started or configured.
 * @returns the paths of their files
 */
export async function fetchPackages(packages: readonly string[], into: string): Promise<string[]> {
  if (!hasApt())
    throw new LauncherFailure(`No Debian packages here to take ${packages.join(', ')} from.`, 'Install it by hand.');
  mkdirSync(into, { recursive: true });
  const args = [...NO_SANDBOX, 'download', ...packages];
  const options = { cwd: into, timeout: 300_000 };
  await run('apt-get', args, options).catch(async () => {
    await aptUpdate();
    await run('apt-get', args, options);
  });
  return readdirSync(into)
    .filter((file) => file.endsWith('.deb'))
    .map((file) => join(into, file));
}

/** A package and all that it depends on, kept to names that match: what a program needs to run, without what sets it up. */
export async function dependencyClosure(packages: readonly string[], keep: RegExp): Promise<string[]> {
  const quiet = ['recommends', 'suggests', 'conflicts', 'breaks', 'replaces', 'enhances'].map((kind) => `--no-${kind}`);
  const ask = () => run('apt-cache', ['depends', '--recurse', ...quiet, ...packages]);
  const text = await ask().catch(async () => {
    await aptUpdate();
    return ask();
  });
  const names = text.split('\n').filter((line) => /^[a-z0-9]/.test(line) && !line.includes(':'));
  return [...new Set([...packages, ...names.filter((name) => keep.test(name))])];
}

/** Unpacks packages over each other into a root folder with the merged /usr that Debian has. */
export async function unpackRoot(debs: readonly string[], root: string): Promise<void> {
  for (const folder of ['bin', 'sbin', 'lib', 'lib64']) mkdirSync(join(root, 'usr', folder), { recursive: true });
  for (const folder of ['bin', 'sbin', 'lib', 'lib64']) {
    if (!existsSync(join(root, folder))) await run('ln', ['-s', `usr/${folder}`, join(root, folder)]);
  }
  for (const deb of debs) {
    await run('sh', ['-c', 'dpkg-deb --fsys-tarfile "$1" | tar -x --keep-directory-symlink -C "$2"', 'sh', deb, root]);
  }
}

/**
 * The folder of a program that is called by its name: undefined where the machine has it, else that of its package.
 * @param path the program inside the package
 */
export async function folderOf(
  program: string,
  name: string,
  path: string,
  cache: string,
): Promise<string | undefined> {
  return findTool(program) === undefined ? dirname(await programFromPackage(name, path, cache)) : undefined;
}

/**
 * A program out of a Debian package that is not installed on this machine.
 * @param path the program inside the package, for example `usr/sbin/nats-server`
 */
export async function programFromPackage(name: string, path: string, cache: string): Promise<string> {
  const root = join(cache, 'packages', name);
  const program = join(root, path);
  if (existsSync(program)) return program;
  const debs = await fetchPackages([name], join(cache, 'debs', name));
  await unpackRoot(debs, root);
  if (existsSync(program)) return program;
  throw new LauncherFailure(`Debian's package ${name} has no ${path}.`, `sudo apt-get install -y ${name}`);
}
