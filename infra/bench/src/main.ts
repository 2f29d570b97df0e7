import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, release, totalmem } from 'node:os';
import { dirname } from 'node:path';
import { measurePods } from './benches/pods';
import { measureScheduling } from './benches/scheduling';
import { measureSystem } from './benches/system';
import { CONTROL_PLANE_BENCHES, runOnControlPlane } from './control-plane-run';
import { Notes } from './notes';
import { optionsFrom } from './options';
import { runProgram } from './parts/run-program';
import { renderCpu, renderTable } from './render/table';

const QUICK_SHARE = 0.35;
const PODS = 'pods';
const SYSTEM = 'system';
const SCHEDULING = 'scheduling';
const NAMES = [...new Set(CONTROL_PLANE_BENCHES.map((bench) => bench.name)), SYSTEM, PODS, SCHEDULING];

/** Everything that is measured, in one run: a table for people, JSON for programs. Answers whether all of it could be. */
async function main(): Promise<boolean> {
  const options = optionsFrom(process.argv.slice(2), NAMES);
  const wanted = (name: string): boolean => options.only.length === 0 || options.only.includes(name);
  const effort = { share: options.quick ? QUICK_SHARE : 1 };
  const notes = new Notes();
  const machine = machineOf();
  notes.tell(`${machine.cpus} × ${machine.cpu}, load ${machine.load.toFixed(1)} before`);
  const benches = CONTROL_PLANE_BENCHES.filter((bench) => wanted(bench.name));
  if (benches.length > 0) {
    await runOnControlPlane(benches, effort, notes).catch((error: unknown) => notes.failed('control plane', error));
  }
  if (wanted(SYSTEM)) await notes.measure(SYSTEM, () => measureSystem(effort));
  // Of thousands of nodes: only when it is asked for.
  if (options.only.includes(SCHEDULING)) await notes.measure(SCHEDULING, () => measureScheduling(effort));
  if (wanted(PODS)) await notes.measure(PODS, () => measurePods(effort));
  const { figures, failures, seconds } = notes;
  process.stdout.write(`\n${renderTable(figures)}\n\n${renderCpu(figures)}\n\n`);
  for (const { description, reason } of failures) process.stdout.write(`  ✗ ${description}: ${reason}\n`);
  mkdirSync(dirname(options.out), { recursive: true });
  const result = { machine, quick: options.quick, seconds, figures, failures };
  writeFileSync(options.out, `${JSON.stringify(result, null, 2)}\n`);
  process.stdout.write(`  ${options.out}  (${seconds.toFixed(0)} s)\n`);
  return failures.length === 0;
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

runProgram(main);
