import { setTimeout as wait } from 'node:timers/promises';
import type { Figure } from '../figures';
import type { ControlPlane } from '../parts/control-plane';
import { REFERENCES } from '../references';
import { MEGABYTE, type Bench } from './bench';

/** What has just become garbage may take a moment to be given back. */
const SETTLE_MS = 3_000;
/** Of a load also remains what is done after it, such as a snapshot. */
const SETTLE_AFTER_LOAD_MS = 30_000;

/** Memory of the control plane before any load. */
export const memoryAtRest: Bench = {
  name: 'memory',
  async run({ plane }) {
    await wait(SETTLE_MS);
    return measure(plane, 'memory-at-rest', 'memory of the control plane, at rest');
  },
};

/** … and after all of it. */
export const memoryAfterLoad: Bench = {
  name: 'memory',
  async run({ plane }) {
    await wait(SETTLE_AFTER_LOAD_MS);
    return measure(plane, 'memory-after-load', 'memory of the control plane, after the load');
  },
};

function measure(plane: ControlPlane, id: string, description: string): Figure[] {
  const parts = Object.entries(plane.memory()).map(([part, bytes]) => [part, bytes / MEGABYTE] as const);
  const value = parts.reduce((sum, [, size]) => sum + size, 0);
  return [{ id, description, value, unit: 'MB', details: Object.fromEntries(parts), ...REFERENCES.memory }];
}
