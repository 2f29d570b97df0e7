/** `v2beta3`: the number, how finished it is, and of what is not finished which one. */
const VERSION = /^v(\d+)(?:(alpha|beta)(\d+))?$/;
const FINISHED = ['alpha', 'beta', undefined];

/**
 * Orders versions as Kubernetes prefers them: finished ones before betas before alphas, the highest first; then what follows no
 * such form, by the alphabet (apimachinery's version.CompareKubeAwareVersionStrings).
 */
export function byPreference(a: string, b: string): number {
  const [of, other] = [rankOf(a), rankOf(b)];
  for (const [i, rank] of of.entries()) if (rank !== other[i]) return (other[i] ?? 0) - rank;
  return a < b ? -1 : a > b ? 1 : 0;
}

function rankOf(version: string): number[] {
  const found = VERSION.exec(version);
  if (found === null) return [0, 0, 0, 0];
  const [, major, stage, minor] = found;
  return [1, FINISHED.indexOf(stage), Number(major), Number(minor ?? 0)];
}
