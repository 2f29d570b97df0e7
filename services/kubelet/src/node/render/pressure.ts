/** What of a machine may run short. */
export type Pressure = 'memory' | 'disk';

/** What a machine has left now. */
export interface MachineReserves {
  readonly memoryAvailableBytes: number;
  readonly storageAvailableShare: number;
}

/** When each was short last, epoch milliseconds. */
export type LastShort = Readonly<Partial<Record<Pressure, number>>>;

/** Kubernetes' own hard limits for memory; for storage half of its, since minions share a machine with their user. */
const LEAST_MEMORY_BYTES = 100 * 1024 * 1024;
const LEAST_STORAGE_SHARE = 0.05;
/** A node under pressure stays so for this long after it: what comes and goes is written once (evictionPressureTransitionPeriod). */
const CALM_MS = 300_000;

/** What was short last, after another look. */
export function observeReserves(
  before: LastShort,
  { memoryAvailableBytes, storageAvailableShare }: MachineReserves,
  now: number,
): LastShort {
  return {
    ...before,
    ...(memoryAvailableBytes < LEAST_MEMORY_BYTES ? { memory: now } : {}),
    ...(storageAvailableShare < LEAST_STORAGE_SHARE ? { disk: now } : {}),
  };
}

/** What a node is under pressure of. */
export function pressuresOf(last: LastShort, now: number): ReadonlySet<Pressure> {
  return new Set((['memory', 'disk'] as const).filter((kind) => now - (last[kind] ?? -Infinity) < CALM_MS));
}
