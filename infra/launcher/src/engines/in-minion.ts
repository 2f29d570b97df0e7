import type { MinionLayout } from '../layout';
import { netnsPath } from '../underlay/underlay';

/** Runs a command inside a minion's network; Node itself cannot change its namespace. */
export function inMinion(minion: MinionLayout, command: readonly string[]): { command: string; args: string[] } {
  return { command: 'nsenter', args: [`--net=${netnsPath(minion)}`, ...command] };
}
