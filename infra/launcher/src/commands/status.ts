import { Cluster } from '../cluster';
import type { HealthReport } from '@shiplog/contracts';
import { sentenceOf } from '../failure';
import { observeUnderlay } from '../underlay/observe-underlay';
import { describeLack, planRepairs } from '../underlay/plan/repairs';
import { Home } from '../home';
import { type Claim, currentClaim } from '../launcher-claim';
import { layoutOf } from '../layout';
import { type ProcessRecord, ProcessRecords } from '../processes/records';
import { HealthView } from '../services/health-view';
import { memoryOf } from '../system/memory';
import { plainText } from '../system/plain-text';
import type { LauncherSettings } from '../settings';
import { describeForeign } from '../slot/decide/ownership';
import { ownershipOf } from '../slot/slot-claim';

/** Prints a table of what runs: readiness, process and memory. */
export async function status(settings: LauncherSettings): Promise<void> {
  const home = new Home(settings.home);
  const held = currentClaim(home.claim);
  const records = new ProcessRecords(home.records).alive();
  if (held === undefined && records.length === 0) return void process.stdout.write(nothingRuns(settings));
  const missing = held?.phase === 'starting' ? [] : await whatIsMissing(held);
  process.stdout.write(`  ${headline(held, missing)}\n\n`);
  const reports =
    held === undefined || held.natsUrl === '' ? [] : await askAll(new Cluster(settings, () => undefined), held.natsUrl);
  const rows = records
    .sort((a, b) => a.rank - b.rank || a.name.localeCompare(b.name))
    .map((record) => rowOf(record, reports));
  process.stdout.write(table(['NAME', 'STATE', 'PID', 'MEMORY', 'DETAIL'], rows));
}

/** A cluster is only as ready as what its launcher made for it is there. */
export function headline(held: Pick<Claim, 'phase' | 'pid'> | undefined, missing: readonly string[]): string {
  if (held === undefined) return 'No launcher runs, but these do (npm run down ends them)';
  const isReady = held.phase === 'ready' && missing.length === 0;
  const state = held.phase === 'starting' ? 'starting' : isReady ? 'ready' : 'not ready';
  const lines = missing.map((name) => `\n  ! missing: ${name}`);
  if (lines.length === 0 && held.phase === 'repairing') lines.push('\n  ! what had vanished is being made again');
  return `${state}; launcher is process ${held.pid}${lines.join('')}`;
}

/** This command looks itself: a launcher that hangs would not say. Only root makes such things, and can see them all. */
async function whatIsMissing(held: Claim | undefined): Promise<string[]> {
  if (held === undefined || held.dockerHost !== undefined) return [];
  const layout = layoutOf(held);
  try {
    return planRepairs(layout, await observeUnderlay(layout)).map(describeLack);
  } catch (error) {
    return [`any answer about the network between minions (${plainText(sentenceOf(error))})`];
  }
}

function nothingRuns(settings: LauncherSettings): string {
  const ownership = ownershipOf(settings);
  if (ownership.kind !== 'foreign') return '  Nothing runs. npm start, or npm run up\n';
  const { sentence, fix } = describeForeign(ownership, settings.slot);
  return `  Nothing of ${settings.home} runs. ${sentence}\n    → ${fix}\n`;
}

function rowOf(record: ProcessRecord, reports: readonly HealthReport[]): string[] {
  const report = reports.find((r) => r.pid === record.pid);
  const state = report === undefined ? 'runs' : report.ready ? 'ready' : 'not ready';
  const memory = `${Math.round(memoryOf(record.pid) / 2 ** 20)} MiB`;
  return [record.name, state, String(record.pid), memory, report?.detail ?? ''].map(plainText);
}

/** Nobody can be asked while NATS is away; the processes are shown all the same. */
async function askAll(cluster: Cluster, natsUrl: string): Promise<HealthReport[]> {
  const view = await HealthView.open(natsUrl, cluster.operatorCredentials).catch((error: unknown) => {
    process.stdout.write(`  ! NATS does not answer (${plainText(sentenceOf(error))}): readiness is not known\n\n`);
  });
  if (view === undefined) return [];
  try {
    return await view.ask(700);
  } finally {
    await view.close();
  }
}

/** Columns as wide as their widest cell. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  const lineOf = (row: readonly string[]): string =>
    `  ${widths.map((width, column) => (row[column] ?? '').padEnd(width + 2)).join('')}`.trimEnd();
  return all.map((row) => `${lineOf(row)}\n`).join('');
}
