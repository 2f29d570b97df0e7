import { connectBus } from '@shiplog/bus';
import { append } from './benches/append';
import { applies } from './benches/applies';
import type { Bench, Effort } from './benches/bench';
import { creates } from './benches/creates';
import { deletes } from './benches/deletes';
import { memoryAfterLoad, memoryAtRest } from './benches/memory';
import { reads } from './benches/reads';
import { rebuild } from './benches/rebuild';
import { watch } from './benches/watch';
import type { Notes } from './notes';
import { ControlPlane } from './parts/control-plane';

/** In this order: memory before and after all else, and the rebuild of the log that the others have made. */
export const CONTROL_PLANE_BENCHES: readonly Bench[] = [
  memoryAtRest,
  append,
  creates,
  applies,
  watch,
  reads,
  deletes,
  memoryAfterLoad,
  rebuild,
];

/** Runs measurements on a control plane of their own; one that fails does not keep the others from running. */
export async function runOnControlPlane(benches: readonly Bench[], effort: Effort, notes: Notes): Promise<void> {
  notes.tell('starting a control plane');
  const plane = await ControlPlane.start();
  try {
    const report = (error: unknown, where: string): void => notes.failed(where, error);
    const bus = await connectBus({ ...plane.nats, onError: report });
    for (const bench of benches) await notes.measure(bench.name, () => bench.run({ plane, bus, effort }));
    await bus.close();
    if (plane.restarts > 0)
      notes.failed('control plane', `services ended, and were started again, ${plane.restarts} times`);
  } finally {
    await plane.stop();
  }
}
