/** What to run to hear of changes of links, addresses and routes, one a line; of IPv6 only where it is asked for. */
export function monitorCommand({ isDualStack }: { isDualStack: boolean }): readonly [string, ...string[]] {
  return ['ip', ...(isDualStack ? [] : ['-4']), '-o', 'monitor', 'link', 'address', 'route'];
}

/**
 * Whether a line of the monitor may tell of something that has to be looked after: all but that a pod's veth comes, which
 * is the agent's own doing and happens far more often than anything else.
 */
export function mayConcern(line: string): boolean {
  return line.startsWith('Deleted ') || !/^\d+: veth|\bdev veth/.test(line);
}
