import type { HistoryReport } from './checker/check-history';
import { describeOperation, type Operation } from './checker/operation';
import { describeFault, type Inflicted } from './faults/inflict';
import { renderCounts } from './faults/plan/faults';

/** What a run came to. */
export interface RunReport extends HistoryReport {
  readonly seed: number;
  readonly faults: readonly Inflicted[];
  /** What the log, the watches and the rebuilt state say against it, and answers that have no place in the model. */
  readonly problems: readonly string[];
  readonly restarts: Readonly<Record<string, number>>;
  /** Events in the log. */
  readonly logged: number;
  /** Events that the watches heard. */
  readonly watched: number;
  /** How often a watch was told 410. */
  readonly watchResets: number;
  /** What the objects were of, and how many other kinds came meanwhile. */
  readonly resource: string;
  readonly passingKinds: number;
  readonly history: readonly Operation[];
}

/** Problems of one kind that are shown; the rest is in the file. */
const SHOWN = 8;

/** Whether nothing was found, and everything could be decided. */
export function isClean({ violations, problems, undecided }: RunReport): boolean {
  return violations.length + problems.length + undecided.length === 0;
}

/** Two lines that count, and what was found. */
export function describeReport(report: RunReport): string {
  const { seed, operations, objects, unanswered, faults, logged, watched, watchResets, resource } = report;
  const { violations, problems, undecided } = report;
  const counts = renderCounts(faults.map(({ fault }) => fault)) || 'none';
  return [
    `seed ${seed}: ${operations} operations on ${objects} ${resource} (${unanswered} unanswered); faults: ${counts}`,
    `  log of ${logged} events, ${watched} events watched (${watchResets} times 410), ${report.passingKinds} kinds came by; ` +
      `${violations.length} violations, ${problems.length} other problems, ${undecided.length} undecided`,
    ...violations.slice(0, SHOWN).map((violation) => describeViolation(violation, faults)),
    ...problems.slice(0, SHOWN).map((problem) => `  ✗ ${problem}`),
    ...undecided.slice(0, SHOWN).map((key) => `  ? ${key}: the search was given up`),
    '',
  ].join('\n');
}

function describeViolation(
  { problem, operations }: RunReport['violations'][number],
  faults: RunReport['faults'],
): string {
  const from = Math.min(...operations.map(({ invoked }) => invoked));
  const to = Math.max(...operations.map(({ completed, invoked }) => completed ?? invoked));
  const meanwhile = faults.filter((fault) => fault.to >= from && fault.from <= to);
  const lines = operations.slice(-16).map(describeOperation);
  return [
    `  ✗ ${problem}`,
    ...lines.map((line) => `      ${line}`),
    ...meanwhile.map((fault) => `      ! ${describeFault(fault)}`),
  ].join('\n');
}
