import { execFileSync } from 'node:child_process';
import { existsSync, realpathSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';

/** A kubectl of this machine. */
export interface Kubectl {
  /** For example `1.32`. */
  readonly version: string;
  readonly minor: number;
  readonly binary: string;
}

/** The versions that today's users have. */
export const WANTED = ['1.27', '1.28', '1.29', '1.30', '1.31', '1.32'] as const;
/** Set for the night: every version does all that the newest does. */
export const IS_WHOLE = process.env['SHIPLOG_ALL_CLIENTS'] !== undefined;

/**
 * Which kubectls there are: those named `kubectl.<version>` beside the program that is on the PATH, as some packages lay
 * them, and that program itself. Only it must be there.
 * @returns the newest of the wanted ones last, and the versions that are missing
 */
export function findKubectls(): { readonly present: readonly Kubectl[]; readonly missing: readonly string[] } {
  const onPath = (process.env['PATH'] ?? '')
    .split(delimiter)
    .map((folder) => join(folder, 'kubectl'))
    .find((file) => existsSync(file));
  if (onPath === undefined) throw new Error('there is no kubectl on the PATH');
  const beside = dirname(realpathSync(onPath));
  const present = WANTED.map((version) => ({ version, binary: join(beside, `kubectl.${version}`) }))
    .filter(({ binary }) => existsSync(binary))
    .map((found) => ({ ...found, minor: minorOf(found.version) }));
  const own = clientVersion(onPath);
  const all = present.some(({ version }) => version === own)
    ? present
    : [...present, { version: own, minor: minorOf(own), binary: onPath }].sort((a, b) => a.minor - b.minor);
  return { present: all, missing: WANTED.filter((version) => all.every((found) => found.version !== version)) };
}

/** The newest that is wanted; the one on the PATH where none of them is there. */
export function newestKubectl(): Kubectl {
  const { present } = findKubectls();
  const newest = present.filter(({ version }) => WANTED.some((wanted) => wanted === version)).at(-1) ?? present.at(-1);
  if (newest === undefined) throw new Error('there is no kubectl');
  return newest;
}

function clientVersion(binary: string): string {
  const text = execFileSync(binary, ['version', '--client', '-o', 'json'], { encoding: 'utf8' });
  const { clientVersion: version } = JSON.parse(text) as { clientVersion: { gitVersion: string } };
  return /^v(\d+\.\d+)/.exec(version.gitVersion)?.[1] ?? version.gitVersion;
}

function minorOf(version: string): number {
  return Number(version.split('.')[1]);
}
