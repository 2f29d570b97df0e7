import type { LogEvent, Reconciliation } from '@shiplog/contracts';

/** Events in the order of the log. */
export type Log = Iterable<LogEvent> | AsyncIterable<LogEvent>;

/** A decision of a controller that the log has commands of. */
export interface RecordedDecision extends Reconciliation {
  /** Position of the state that it was made on. */
  readonly basis: number;
  /** Of the first event that came of it. */
  readonly position: number;
}

/** The decisions that a log has, in the order of what they were made on; each once, however many commands it came to. */
export async function recordedDecisions(log: Log): Promise<RecordedDecision[]> {
  const decisions = new Map<string, RecordedDecision>();
  for await (const event of log) {
    const recorded = decisionOf(event);
    const name = recorded && nameOf(recorded);
    if (name !== undefined && !decisions.has(name)) decisions.set(name, recorded as RecordedDecision);
  }
  return [...decisions.values()].sort((a, b) => a.basis - b.basis);
}

/** The decision that an event tells of; undefined where it is no controller's, or another event of the command tells of it. */
export function decisionOf({ data, basis, position }: LogEvent): RecordedDecision | undefined {
  if (data.reconciled === undefined || basis === undefined) return undefined;
  return { ...data.reconciled, basis, position };
}

/** Tells decisions apart: one key is decided on once at a time. */
export function nameOf({ by, key, basis, now, plan }: RecordedDecision): string {
  return [by, key, basis, now, plan].join(' ');
}
