import { mkdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { reachableResolvConf } from '@shiplog/hostnet';
import type { MinionLayout } from '../layout';
import { mountPointsBelow } from '../system/mounts';
import { run } from '../system/run';

/** This machine's resolv.conf, and the one with the servers that a local resolver asks; default: where they usually are. */
export interface ResolverFiles {
  readonly system: string;
  readonly upstream?: string;
}

const USUAL: ResolverFiles = { system: '/etc/resolv.conf' };

/**
 * What to put before the command of an engine that looks up names inside a minion. A resolver on 127.0.0.53 is not there in another
 * network namespace; the servers that it asks are, so the command sees those in a mount of its own.
 * @param shared a folder whose mounts this machine sees all the same: whoever starts containers in them is not in that namespace
 */
export async function resolverOf(
  { runDir }: Pick<MinionLayout, 'runDir'>,
  shared: string,
  { system, upstream }: ResolverFiles = USUAL,
): Promise<string[]> {
  const reachable = reachableResolvConf(system, upstream);
  if (reachable === system) return [];
  const own = join(runDir, 'resolv.conf');
  writeFileSync(own, readFileSync(reachable));
  await share(shared);
  // What is mounted on a mount that is private stays in the namespace; all others go on as they were.
  const script = 'mount --make-private "$(findmnt -no TARGET -T "$0")" && mount --bind "$1" "$0" && shift && exec "$@"';
  return ['unshare', '--mount', '--propagation', 'unchanged', 'sh', '-c', script, realpathSync(system), own];
}

/** Makes a folder a mount of its own, whose mounts are seen in every namespace that has it. */
async function share(folder: string): Promise<void> {
  mkdirSync(folder, { recursive: true });
  if (mountPointsBelow(dirname(folder)).includes(folder)) return;
  await run('mount', ['--bind', folder, folder]);
  // Of a group of its own: in that of the mount below it, all would be mounted there a second time.
  await run('mount', ['--make-private', folder]);
  await run('mount', ['--make-shared', folder]);
}
