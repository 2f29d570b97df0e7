import { isTerminal, type Pod } from '../../domain/pod';
import type { ObservedContainer } from '../../runtime/runtime';

/**
 * Containers that have ended and that nothing is decided by: all of a pod that is over, and of others all but the last of each name,
 * since by that one it is known whether to start another.
 */
export function disposable(
  pod: Pod | undefined,
  containers: readonly ObservedContainer[],
): readonly ObservedContainer[] {
  const isOver = isTerminal(pod?.status?.phase);
  return containers.filter(({ role, name, attempt, state }) => {
    if (role === 'sandbox' || state.phase !== 'exited') return false;
    return (
      isOver || containers.some((other) => other.name === name && other.role !== 'sandbox' && other.attempt > attempt)
    );
  });
}
