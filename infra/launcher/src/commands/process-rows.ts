import type { HealthReport } from '@shiplog/contracts';
import type { ListedProcess } from '../control/control';
import type { ProcessRecord } from '../processes/records';
import { RANK } from '../processes/registry';

/** What is known of one process of a cluster, from all who were asked. */
export interface ProcessRow {
  readonly name: string;
  /** `runs`: nobody could be asked whether it does its work. */
  readonly state: 'ready' | 'not ready' | 'no answer' | 'runs' | 'down' | 'stopped';
  /** Undefined: there is no process. */
  readonly pid: number | undefined;
  readonly detail: string;
}

/** Who was asked, and what they said. */
export interface Answers {
  /** Every process that was started and not stopped, with whether it still runs. */
  readonly records: readonly (ProcessRecord & { readonly isAlive: boolean })[];
  /** What the launcher says, which knows those too that were stopped; undefined: it does not answer. */
  readonly listed: readonly ListedProcess[] | undefined;
  /** What services say of themselves; undefined: the bus does not answer. */
  readonly reports: readonly HealthReport[] | undefined;
  /** Names of engines' processes that do not answer. */
  readonly silentEngines: ReadonlySet<string>;
}

/** Each process in the order of stopping, last first, with what is true of it now. */
export function processRows(answers: Answers): ProcessRow[] {
  const running = [...answers.records]
    .sort((a, b) => a.rank - b.rank || a.name.localeCompare(b.name))
    .map((record) => rowOf(record, answers));
  const known = new Set(running.map(({ name }) => name));
  const stopped = (answers.listed ?? []).filter(({ name, state }) => state === 'stopped' && !known.has(name));
  return [...running, ...stopped.map(({ name }) => stoppedRow(name))];
}

/** What keeps a cluster from being ready; what its user stopped is no surprise, and still keeps it from that. */
export function problemsOf(rows: readonly ProcessRow[]): string[] {
  const states = ['down', 'stopped', 'no answer', 'not ready'] as const;
  return states.flatMap((state) => {
    const names = rows.filter((row) => row.state === state).map(({ name }) => name);
    return names.length === 0 ? [] : [`${state}: ${names.join(', ')}`];
  });
}

function rowOf(record: Answers['records'][number], { listed, reports, silentEngines }: Answers): ProcessRow {
  const { name, pid, rank } = record;
  if (!record.isAlive) {
    const reason = listed?.find((item) => item.name === name)?.reason;
    return { name, state: 'down', pid: undefined, detail: reason === undefined ? 'ended' : `ended (${reason})` };
  }
  if (silentEngines.has(name)) return { name, state: 'no answer', pid, detail: 'the engine does not answer' };
  if (reports === undefined || rank < RANK.journal) return { name, state: 'runs', pid, detail: '' };
  const report = reports.find((item) => item.pid === pid);
  if (report === undefined) return { name, state: 'no answer', pid, detail: 'is starting, or hangs' };
  return { name, state: report.ready ? 'ready' : 'not ready', pid, detail: report.detail };
}

function stoppedRow(name: string): ProcessRow {
  return { name, state: 'stopped', pid: undefined, detail: `npm run service start ${name}` };
}
