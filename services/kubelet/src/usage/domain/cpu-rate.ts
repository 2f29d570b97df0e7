/** A look at a cgroup's processor time. */
export interface CpuReading {
  /** Milliseconds of a clock that is never set. */
  readonly atMs: number;
  /** Since the cgroup was made. */
  readonly nanoseconds: number;
}

/** How many processors were busy for a cgroup, in billionths, and for how long that was looked at. */
export interface CpuRate {
  readonly nanoCores: number;
  readonly windowMs: number;
}

/** Shorter looks say little, if others were longer. */
const GOOD_WINDOW_MS = 5_000;
const LEAST_WINDOW_MS = 1_000;
/** So many looks are of use: one that has just been had is too near. */
const KEPT = 2;

/**
 * The rate between an earlier look (the newest first) and now: the newest that is old enough, or else the oldest. Undefined where
 * there is none, and where the counter went back, since then it is another cgroup's.
 */
export function cpuRateOf(earlier: readonly CpuReading[], now: CpuReading): CpuRate | undefined {
  const since = earlier.find(({ atMs }) => now.atMs - atMs >= GOOD_WINDOW_MS) ?? earlier.at(-1);
  if (since === undefined) return undefined;
  const windowMs = now.atMs - since.atMs;
  const spent = now.nanoseconds - since.nanoseconds;
  if (windowMs < LEAST_WINDOW_MS || spent < 0) return undefined;
  return { nanoCores: Math.round(spent / (windowMs / 1_000)), windowMs };
}

/** Earlier looks with one more. */
export function withReading(earlier: readonly CpuReading[], reading: CpuReading): readonly CpuReading[] {
  return [reading, ...earlier].slice(0, KEPT);
}
