import { isAnswered, tokenOf, type Operation } from './operation';

/** An answer that tells of an earlier end of the log than was known to somebody before it was asked for. */
export interface PositionViolation {
  readonly problem: string;
  /** The one that knew, and the one that came later and did not. */
  readonly operations: readonly [Operation, Operation];
}

/**
 * Over all objects: the log has one order, and it is that of real time. What is written after an answer was had is at a
 * later position than any that the answer told of; a read that promises the most recent is answered at such a one, or
 * at the same. Linear in the operations, and stricter than looking at each object alone.
 */
export function checkPositions(operations: readonly Operation[]): PositionViolation[] {
  const ends = operations.filter(isAnswered).filter((operation) => known(operation) > 0);
  ends.sort((a, b) => a.completed - b.completed);
  const begins = operations.filter((operation) => operation.position !== undefined);
  begins.sort((a, b) => a.invoked - b.invoked);
  const violations: PositionViolation[] = [];
  let latest: Operation | undefined;
  let next = 0;
  for (const operation of begins) {
    for (let end = ends[next]; end !== undefined && end.completed < operation.invoked; end = ends[++next]) {
      if (latest === undefined || known(end) > known(latest)) latest = end;
    }
    if (latest === undefined || operation.position === undefined) continue;
    const least = known(latest) + (isNew(operation) ? 1 : 0);
    if (operation.position >= least) continue;
    const problem = `${operation.client} was answered at position ${operation.position}, when ${latest.client} knew already of ${known(latest)}`;
    violations.push({ problem, operations: [latest, operation] });
  }
  return violations;
}

/** The latest position of the log that an answer tells of. */
function known({ position = 0, answer }: Operation): number {
  const version = answer !== undefined && 'version' in answer ? (answer.version ?? 0) : 0;
  return Math.max(position, version);
}

/** A write that was done made an event of its own: each brings a value that is new. */
function isNew({ call, answer }: Operation): boolean {
  return (tokenOf(call) !== undefined && answer?.kind === 'written') || answer?.kind === 'deleted';
}
