import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runProgram } from '../../bench/src/parts/run-program';
import { optionsFrom } from './options';
import { describeReport, isClean, type RunReport } from './report';
import { run } from './run';

const started = performance.now();

function tell(description: string): void {
  const seconds = ((performance.now() - started) / 1_000).toFixed(0);
  process.stderr.write(`  ${seconds.padStart(5)} s  ${description}\n`);
}

/** Runs with one seed after another; answers whether none of them found anything. */
async function main(): Promise<boolean> {
  const { rounds, out, ...options } = optionsFrom(process.argv.slice(2), Date.now() % 1_000_000);
  const reports: RunReport[] = [];
  for (let round = 0; round < rounds; round++) {
    const report = await run({ ...options, seed: options.seed + round }, tell);
    process.stdout.write(`${describeReport(report)}\n`);
    keep(out, report);
    reports.push({ ...report, history: [] });
  }
  const found = reports.filter((report) => !isClean(report)).map(({ seed }) => seed);
  const operations = reports.reduce((sum, report) => sum + report.operations, 0);
  const faults = reports.reduce((sum, report) => sum + report.faults.length, 0);
  const verdict = found.length === 0 ? 'nothing found' : `found something with seed ${found.join(', ')}`;
  process.stdout.write(`${reports.length} runs, ${operations} operations, ${faults} faults: ${verdict}\n`);
  return found.length === 0;
}

function keep(folder: string, report: RunReport): void {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `seed-${report.seed}.json`);
  writeFileSync(file, `${JSON.stringify(report, null, 1)}\n`);
  process.stdout.write(`  ${file}\n`);
}

runProgram(main);
