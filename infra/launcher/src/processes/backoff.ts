const FIRST_MS = 200;
const MOST_MS = 10_000;
/** A process that ran this long was well: its next failure counts as a first one. */
const WELL_AFTER_MS = 30_000;

/** How long to wait before the next start of a process, after so many failures in a row. */
export function restartDelay(failures: number): number {
  return Math.min(FIRST_MS * 2 ** Math.max(0, failures - 1), MOST_MS);
}

/** Failures in a row, once a run of a certain length has ended as well. */
export function countFailure(before: number, ranForMs: number): number {
  return ranForMs >= WELL_AFTER_MS ? 1 : before + 1;
}
