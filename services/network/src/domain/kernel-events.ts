/** What to run to hear of changes of links, addresses and routes, one a line. */
export const MONITOR = ['ip', '-4', '-o', 'monitor', 'link', 'address', 'route'] as const;

/**
 * Whether a line of the monitor may tell of something that has to be looked after: all but that a pod's veth comes, which
 * is the agent's own doing and happens far more often than anything else.
 */
export function mayConcern(line: string): boolean {
  return line.startsWith('Deleted ') || !/^\d+: veth|\bdev veth/.test(line);
}
