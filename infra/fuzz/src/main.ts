import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runProgram } from '../../bench/src/parts/run-program';
import { optionsFrom } from './options';
import { describeFuzz, fuzz } from './run/run';

const started = performance.now();

function tell(description: string): void {
  const seconds = ((performance.now() - started) / 1_000).toFixed(0);
  process.stderr.write(`  ${seconds.padStart(5)} s  ${description}\n`);
}

/** Runs with one seed after another; answers whether none of them found anything. */
async function main(): Promise<boolean> {
  const { rounds, out, ...options } = optionsFrom(process.argv.slice(2), Date.now() % 1_000_000);
  const found: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const report = await fuzz({ ...options, seed: options.seed + round }, tell);
    mkdirSync(out, { recursive: true });
    const file = join(out, `seed-${report.seed}.json`);
    writeFileSync(file, `${JSON.stringify(report, null, 1)}\n`);
    process.stdout.write(`${describeFuzz(report)}\n  ${file}\n`);
    if (report.findings.length > 0) found.push(report.seed);
  }
  process.stdout.write(found.length === 0 ? 'nothing found\n' : `found something with seed ${found.join(', ')}\n`);
  return found.length === 0;
}

runProgram(main);
