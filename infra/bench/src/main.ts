import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, release, totalmem } from 'node:os';
import { dirname } from 'node:path';
import { LauncherFailure } from '../../launcher/src/failure';
import { measurePods } from './benches/pods';
import { CONTROL_PLANE_BENCHES, runOnControlPlane } from './control-plane-run';
import type { Figure } from './figures';
import { optionsFrom } from './options';
import { renderCpu, renderTable } from './table/render-table';

const QUICK_SHARE = 0.35;
const PODS = 'pods';
const NAMES = [...new Set(CONTROL_PLANE_BENCHES.map((bench) => bench.name)), PODS];

/** Everything that is measured, in one run: a table for people, JSON for programs. */
async function main(): Promise<void> {
  const options = optionsFrom(process.argv.slice(2), NAMES);
  const wanted = (name: string): boolean => options.only.length === 0 || options.only.includes(name);
  const effort = { share: options.quick ? QUICK_SHARE : 1 };
  const since = performance.now();
  const tell = (what: string): void => {
    process.stderr.write(`  ${((performance.now() - since) / 1_000).toFixed(0).padStart(4)} s  ${what}\n`);
  };
  const machine = machineOf();
  tell(`${machine.cpus} × ${machine.cpu}, load ${machine.load.toFixed(1)} before`);
  const benches = CONTROL_PLANE_BENCHES.filter((bench) => wanted(bench.name));
  const figures: Figure[] = benches.length === 0 ? [] : await runOnControlPlane(benches, effort, tell);
  if (wanted(PODS)) {
    tell('starting a cluster with one minion');
    figures.push(...(await measurePods(effort)));
  }
  const seconds = (performance.now() - since) / 1_000;
  process.stdout.write(`\n${renderTable(figures)}\n\n${renderCpu(figures)}\n\n`);
  mkdirSync(dirname(options.out), { recursive: true });
  writeFileSync(options.out, `${JSON.stringify({ machine, quick: options.quick, seconds, figures }, null, 2)}\n`);
  process.stdout.write(`  ${options.out}  (${seconds.toFixed(0)} s)\n`);
}

/** Figures mean little without the machine, and what else it did. */
function machineOf() {
  const [first] = cpus();
  return {
    at: new Date().toISOString(),
    cpus: cpus().length,
    cpu: first?.model.trim() ?? 'unknown',
    memoryBytes: totalmem(),
    kernel: release(),
    node: process.version,
    load: loadavg()[0] ?? 0,
  };
}

main().then(
  () => process.exit(0),
  (error: unknown) => {
    const fix = error instanceof LauncherFailure ? error.fix : error instanceof Error ? (error.stack ?? '') : '';
    process.stderr.write(`\n  ✗ ${error instanceof Error ? error.message : String(error)}\n    → ${fix}\n\n`);
    process.exit(1);
  },
);
