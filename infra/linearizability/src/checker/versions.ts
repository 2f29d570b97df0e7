import { isAnswered, tokenOf, type Operation } from './operation';
import type { SeenVersions } from './register';

/** Which resourceVersion each write got, as far as anybody saw it; or what is contradictory about that. */
export type Versions =
  | { readonly ok: true; readonly seen: SeenVersions }
  | { readonly ok: false; readonly problem: string; readonly operations: readonly Operation[] };

/** One write has one version, and one version is one write's: two of either mean an effect that was had twice. */
export function versionsIn(operations: readonly Operation[]): Versions {
  const of = new Map<string, number>();
  const byVersion = new Map<number, string>();
  const concerned = (token: string): Operation[] => operations.filter((operation) => mentions(operation, token));
  for (const operation of operations) {
    const observed = observationOf(operation);
    if (observed === undefined) continue;
    const { token, version } = observed;
    const before = of.get(token);
    if (before !== undefined && before !== version) {
      const problem = `the write "${token}" was seen at two versions, ${before} and ${version}: it took effect twice`;
      return { ok: false, problem, operations: concerned(token) };
    }
    const other = byVersion.get(version);
    if (other !== undefined && other !== token) {
      const problem = `the version ${version} was given to two writes, "${other}" and "${token}"`;
      return { ok: false, problem, operations: [...concerned(other), ...concerned(token)] };
    }
    of.set(token, version);
    byVersion.set(version, token);
  }
  return { ok: true, seen: { of, all: new Set(byVersion.keys()) } };
}

function observationOf(operation: Operation): { token: string; version: number } | undefined {
  if (!isAnswered(operation)) return undefined;
  const { answer, call } = operation;
  if (answer.kind === 'value') return answer;
  if (answer.kind !== 'written' || answer.version === undefined) return undefined;
  const token = answer.token ?? tokenOf(call);
  return token === undefined ? undefined : { token, version: answer.version };
}

function mentions({ call, answer }: Operation, token: string): boolean {
  return tokenOf(call) === token || (answer !== undefined && 'token' in answer && answer.token === token);
}
