import { Cluster } from '../cluster';
import type { HealthReport } from '@shiplog/contracts';
import { listProcesses } from '../control/control';
import { runtimeOf, runtimeProcesses } from '../engines/runtimes';
import { sentenceOf } from '../failure';
import { observeUnderlay } from '../underlay/observe-underlay';
import { describeLack, planRepairs } from '../underlay/plan/repairs';
import { Home } from '../home';
import { type Claim, currentClaim } from '../launcher-claim';
import { layoutOf } from '../layout';
import { isAlive } from '../processes/identity';
import { ProcessRecords } from '../processes/records';
import { RANK } from '../processes/registry';
import { HealthView } from '../services/health-view';
import { memoryOf } from '../system/memory';
import { plainText } from '../system/plain-text';
import type { LauncherSettings } from '../settings';
import { describeForeign } from '../slot/decide/ownership';
import { ownershipOf } from '../slot/slot-claim';
import { problemsOf, processRows, type ProcessRow } from './process-rows';
import { table } from './table';

/** What does not answer within this time hangs, in milliseconds. */
const PATIENCE = 1_000;
/** Services that are starting on a busy machine answer late; all others have answered long before. */
const SERVICES_PATIENCE = 2_000;

/** Prints a table of what should run: readiness, process and memory. */
export async function status(settings: LauncherSettings): Promise<void> {
  const home = new Home(settings.home);
  const held = currentClaim(home.claim);
  const kept = new ProcessRecords(home.records);
  if (held === undefined && kept.alive().length === 0) return void process.stdout.write(nothingRuns(settings));
  const records = (held === undefined ? kept.alive() : kept.all()).map((item) => ({ ...item, isAlive: isAlive(item) }));
  const [missing, listed, silentEngines] = await Promise.all([
    held?.phase === 'starting' ? [] : whatIsMissing(held),
    held === undefined ? [] : listProcesses(settings.home, PATIENCE),
    silentEnginesOf(held, records),
  ]);
  const services = records.filter((record) => record.isAlive && record.rank >= RANK.journal).length;
  const reports =
    held === undefined || held.natsUrl === '' ? undefined : await askAll(settings, held.natsUrl, services);
  const rows = processRows({ records, listed, reports, silentEngines });
  const hangs = listed === undefined ? ['its launcher does not answer'] : [];
  const lacks = missing.map((name) => `missing: ${name}`);
  process.stdout.write(`  ${headline(held, [...hangs, ...lacks, ...problemsOf(rows)])}\n\n`);
  process.stdout.write(table(['NAME', 'STATE', 'PID', 'MEMORY', 'DETAIL'], rows.map(cellsOf)));
}

/** A cluster is only as ready as all that its launcher made and started for it. */
export function headline(held: Pick<Claim, 'phase' | 'pid'> | undefined, problems: readonly string[]): string {
  if (held === undefined) return 'No launcher runs, but these do (npm run down ends them)';
  const isReady = held.phase === 'ready' && problems.length === 0;
  const state = held.phase === 'starting' ? 'starting' : isReady ? 'ready' : 'not ready';
  const lines = held.phase === 'starting' ? [] : problems.map((problem) => `\n  ! ${problem}`);
  if (held.phase === 'repairing') lines.push('\n  ! what had vanished is being made again');
  return `${state}; launcher is process ${held.pid}${lines.join('')}`;
}

/** This command looks itself: a launcher that hangs would not say. Only root makes such things, and can see them all. */
async function whatIsMissing(held: Claim | undefined): Promise<string[]> {
  if (held === undefined || held.dockerHost !== undefined || held.minions === 0) return [];
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

/** The engines of minions whose process runs, and which do not answer all the same. */
async function silentEnginesOf(
  held: Claim | undefined,
  records: readonly { name: string; isAlive: boolean }[],
): Promise<Set<string>> {
  if (held === undefined || held.dockerHost !== undefined) return new Set();
  const looks = layoutOf(held).minions.map(async (minion) => {
    const engine = runtimeProcesses(minion).at(-1) ?? '';
    const runs = records.some((record) => record.name === engine && record.isAlive);
    return runs && !(await runtimeOf(minion).answers(minion, PATIENCE)) ? [engine] : [];
  });
  return new Set((await Promise.all(looks)).flat());
}

function cellsOf({ name, state, pid, detail }: ProcessRow): string[] {
  const memory = pid === undefined ? '' : `${Math.round(memoryOf(pid) / 2 ** 20)} MiB`;
  return [name, state, pid === undefined ? '' : String(pid), memory, detail].map(plainText);
}

/** Nobody can be asked while NATS is away; the processes are shown all the same. */
async function askAll(
  settings: LauncherSettings,
  natsUrl: string,
  wanted: number,
): Promise<HealthReport[] | undefined> {
  const { operatorCredentials } = new Cluster(settings, () => undefined);
  const view = await HealthView.open(natsUrl, operatorCredentials).catch((error: unknown) => {
    process.stdout.write(`  ! NATS does not answer (${plainText(sentenceOf(error))}): readiness is not known\n\n`);
  });
  if (view === undefined) return undefined;
  try {
    return await view.ask(SERVICES_PATIENCE, wanted);
  } finally {
    await view.close();
  }
}
