import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { reachableResolvConf } from '@shiplog/hostnet';
import type { MinionLayout } from '../layout';

const SYSTEM = '/etc/resolv.conf';

/**
 * What to put before a command that looks up names inside a minion. A resolver on 127.0.0.53 is not there in another
 * network namespace; the servers that it asks are, so the command sees those in a mount of its own.
 */
export function resolverOf(minion: MinionLayout): string[] {
  const reachable = reachableResolvConf(SYSTEM);
  if (reachable === SYSTEM) return [];
  const own = join(minion.runDir, 'resolv.conf');
  writeFileSync(own, readFileSync(reachable));
  return [
    'unshare',
    '--mount',
    '--propagation',
    'slave',
    'sh',
    '-c',
    `mount --bind ${own} ${SYSTEM} && exec "$@"`,
    'sh',
  ];
}
