import { accessSync, constants, existsSync } from 'node:fs';
import { join } from 'node:path';
import { LauncherFailure } from '../failure';
import { run, succeeds, toolPath } from './run';

/** Where a program is, by its name, or a file by its whole path; or undefined. */
export function findTool(name: string): string | undefined {
  if (name.startsWith('/')) return existsSync(name) ? name : undefined;
  return toolPath()
    .split(':')
    .map((folder) => join(folder, name))
    .find((path) => {
      try {
        accessSync(path, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}

/** Whether this process may do anything. */
export function isRoot(): boolean {
  return process.getuid?.() === 0;
}

/** Whether Debian's packages can be installed here. */
export function hasApt(): boolean {
  return process.platform === 'linux' && findTool('apt-get') !== undefined;
}

/** Programs (or files, by their whole paths) by the Debian package that brings them. */
export type ToolPackages = Readonly<Record<string, string>>;

/**
 * Makes sure that programs are on the PATH: installs Debian's packages when they are not.
 * @throws LauncherFailure when that is not allowed or not possible here
 */
export async function ensureTools(tools: ToolPackages, reason: string, say: (text: string) => void): Promise<void> {
  const missing = Object.entries(tools).filter(([tool]) => findTool(tool) === undefined);
  if (missing.length === 0) return;
  const packages = [...new Set(missing.map(([, debian]) => debian))];
  const line = `sudo apt-get install -y ${packages.join(' ')}`;
  if (!hasApt() || !isRoot())
    throw new LauncherFailure(`${missing.map(([tool]) => tool).join(', ')} missing: ${reason}.`, line);
  say(`installing ${packages.join(', ')}`);
  await aptInstall(packages).catch((error: Error) => {
    throw new LauncherFailure(`${packages.join(', ')} could not be installed: ${error.message}`, line);
  });
}

async function aptInstall(packages: readonly string[]): Promise<void> {
  const args = ['install', '-y', '--no-install-recommends', ...packages];
  const options = { env: { DEBIAN_FRONTEND: 'noninteractive' }, timeout: 600_000 };
  if (await succeeds('apt-get', args, options)) return;
  await aptUpdate();
  await run('apt-get', args, options);
}

/** Fetches the package lists: a fresh machine has none. */
export async function aptUpdate(): Promise<void> {
  await run('apt-get', ['update', '-qq'], { timeout: 300_000 });
}
