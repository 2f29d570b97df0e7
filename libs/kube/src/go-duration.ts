/** Milliseconds as Go writes a duration that is shorter than an hour: `20ms`, `1.5s`, `1m0.25s`. */
export function goDurationOf(ms: number): string {
  if (ms === 0) return '0s';
  if (ms < 1_000) return `${ms}ms`;
  const minutes = Math.floor(ms / 60_000);
  const seconds = `${(ms - minutes * 60_000) / 1_000}s`;
  return minutes === 0 ? seconds : `${minutes}m${seconds}`;
}
