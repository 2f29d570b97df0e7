import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { takeAllDown } from '../../bench/src/parts/home';
import { optionsFrom } from './options';
import { describeFuzz, fuzz } from './run/run';

const started = performance.now();

function tell(what: string): void {
  const seconds = ((performance.now() - started) / 1_000).toFixed(0);
  process.stderr.write(`  ${seconds.padStart(5)} s  ${what}\n`);
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

const interrupted = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  // Ctrl-C comes twice under npm, which passes its own on.
  process.on(signal, () => {
    if (interrupted.signal.aborted) return;
    interrupted.abort();
    process.stderr.write('\n  Stopping.\n');
    void takeAllDown().finally(() => process.exit(130));
  });
}

/** An interrupted run ends when everything is taken down. */
function endWith(code: number): void {
  if (!interrupted.signal.aborted) process.exit(code);
}

main().then(
  (clean) => endWith(clean ? 0 : 1),
  (error: unknown) => {
    process.stderr.write(`\n  ✗ ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n\n`);
    endWith(1);
  },
);
