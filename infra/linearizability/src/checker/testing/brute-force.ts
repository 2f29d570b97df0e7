import { isAnswered, type Operation } from '../operation';
import { ABSENT, step, type Register, type SeenVersions } from '../register';
import { versionsIn } from '../versions';

/** The definition itself: tries every order of every choice of the unanswered operations. For a handful of operations. */
export function isLinearizable(operations: readonly Operation[]): boolean {
  const versions = versionsIn(operations);
  return versions.ok && existsOrder(operations, ABSENT, versions.seen);
}

function existsOrder(left: readonly Operation[], state: Register, versions: SeenVersions): boolean {
  if (!left.some(isAnswered)) return true;
  return left.some((next) => {
    const others = left.filter((other) => other !== next);
    if (others.some((other) => (other.completed ?? Infinity) < next.invoked)) return false;
    const after = step(state, next, versions);
    return after !== undefined && existsOrder(others, after, versions);
  });
}
