import type { Registry } from '../../../launcher/src/processes/registry';
import { cpuOf } from './cpu';

/** The parts of a control plane, by their names in the launcher; whatever else runs is a minion's. */
const PARTS = ['journal', 'api', 'scheduler', 'controller', 'postgres', 'nats'];
const MINIONS = 'minions';

/** Processor time of each part until now, in microseconds; of all minions' processes together. */
export function cpuPerProcess(registry: Registry): () => Readonly<Record<string, number>> {
  return () => {
    const sums: Record<string, number> = Object.fromEntries([...PARTS, MINIONS].map((part) => [part, 0]));
    for (const { spec, state } of registry.all()) {
      const part = PARTS.includes(spec.name) ? spec.name : MINIONS;
      if (state.kind === 'running') sums[part] = (sums[part] ?? 0) + cpuOf(state.identity.pid);
    }
    return sums;
  };
}

/** Does something often, and says what processor time each process took for one of it, in microseconds. */
export async function metered<T>(
  cpuNow: () => Readonly<Record<string, number>>,
  work: () => Promise<T>,
  timesOf: (outcome: T) => number,
): Promise<{ outcome: T; cpu: Readonly<Record<string, number>> }> {
  const before = cpuNow();
  const outcome = await work();
  const after = cpuNow();
  const times = Math.max(timesOf(outcome), 1);
  const spent = Object.entries(after).map(([part, until]) => [part, (until - (before[part] ?? 0)) / times]);
  return { outcome, cpu: Object.fromEntries(spent) as Record<string, number> };
}
