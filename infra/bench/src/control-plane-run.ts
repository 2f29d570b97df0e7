import { connectBus } from '@shiplog/bus';
import { append } from './benches/append';
import type { Bench, Effort } from './benches/bench';
import { creates } from './benches/creates';
import { deletes } from './benches/deletes';
import { memoryAfterLoad, memoryAtRest } from './benches/memory';
import { reads } from './benches/reads';
import { rebuild } from './benches/rebuild';
import { watch } from './benches/watch';
import type { Figure } from './figures';
import { ControlPlane } from './parts/control-plane';

/** In this order: memory before and after all else, and the rebuild of the log that the others have made. */
export const CONTROL_PLANE_BENCHES: readonly Bench[] = [
  memoryAtRest,
  append,
  creates,
  watch,
  reads,
  deletes,
  memoryAfterLoad,
  rebuild,
];

/** Runs measurements on a control plane of their own. `tell` is given what goes on. */
export async function runOnControlPlane(
  benches: readonly Bench[],
  effort: Effort,
  tell: (what: string) => void,
): Promise<Figure[]> {
  tell('starting a control plane');
  const plane = await ControlPlane.start();
  const figures: Figure[] = [];
  try {
    const report = (error: unknown, where: string): void => tell(`${where}: ${String(error)}`);
    const bus = await connectBus({ url: plane.cluster.natsUrl, name: 'bench', onError: report });
    for (const bench of benches) {
      tell(bench.name);
      figures.push(...(await bench.run({ plane, bus, effort })));
    }
    await bus.close();
    if (plane.restarts > 0) throw new Error(`services ended and were started again ${plane.restarts} times`);
  } finally {
    await plane.stop();
  }
  return figures;
}
