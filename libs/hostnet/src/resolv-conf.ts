import { readFileSync } from 'node:fs';

/** Where systemd-resolved says which servers it asks itself. */
const RESOLVED = '/run/systemd/resolve/resolv.conf';

/**
 * The file with the name servers of this machine that are reached from another network namespace too. A resolver on a loopback
 * address, such as that of systemd-resolved, is not; the servers that it asks are. Without such a file, the one that was given.
 */
export function reachableResolvConf(path = '/etc/resolv.conf', upstream = RESOLVED): string {
  const servers = serversOf(path);
  const isLocal = servers.length > 0 && servers.every((server) => server.startsWith('127.') || server === '::1');
  return isLocal && serversOf(upstream).length > 0 ? upstream : path;
}

function serversOf(path: string): string[] {
  try {
    return [...readFileSync(path, 'utf8').matchAll(/^\s*nameserver\s+(\S+)/gm)].map(([, server]) => server ?? '');
  } catch {
    return [];
  }
}
