import type { HealthReport } from '@shiplog/contracts';
import { sentenceOf } from '../failure';
import { Home } from '../home';
import { currentClaim } from '../launcher-claim';
import { ProcessRecords } from '../processes/records';
import { HealthView } from '../services/health-view';
import { memoryOf } from '../system/memory';
import type { LauncherSettings } from '../settings';

/** Prints a table of what runs: readiness, process and memory. */
export async function status(settings: LauncherSettings): Promise<void> {
  const home = new Home(settings.home);
  const held = currentClaim(home.claim);
  const records = new ProcessRecords(home.records).alive();
  if (held === undefined && records.length === 0)
    return void process.stdout.write('  Nothing runs. npm start, or npm run up\n');
  process.stdout.write(
    `  ${held === undefined ? 'No launcher runs, but these do (npm run down ends them)' : `${held.phase}; launcher is process ${held.pid}`}\n\n`,
  );
  const reports = held === undefined || held.natsUrl === '' ? [] : await askAll(held.natsUrl);
  const rows = records
    .sort((a, b) => a.rank - b.rank || a.name.localeCompare(b.name))
    .map((record) => {
      const report = reports.find((r) => r.pid === record.pid);
      const state = report === undefined ? 'runs' : report.ready ? 'ready' : 'not ready';
      return [
        record.name,
        state,
        String(record.pid),
        `${Math.round(memoryOf(record.pid) / 2 ** 20)} MiB`,
        report?.detail ?? '',
      ];
    });
  process.stdout.write(table([['NAME', 'STATE', 'PID', 'MEMORY', 'DETAIL'], ...rows]));
}

/** Nobody can be asked while NATS is away; the processes are shown all the same. */
async function askAll(natsUrl: string): Promise<HealthReport[]> {
  const view = await HealthView.open(natsUrl).catch((error: unknown) => {
    process.stdout.write(`  ! NATS does not answer (${sentenceOf(error)}): readiness is not known\n\n`);
  });
  if (view === undefined) return [];
  try {
    return await view.ask(700);
  } finally {
    await view.close();
  }
}

function table(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return (
    rows
      .map((row) => `  ${row.map((cell, column) => cell.padEnd(widths[column]! + 2)).join('')}`.trimEnd())
      .join('\n') + '\n'
  );
}
