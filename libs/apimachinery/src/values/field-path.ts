import { isJsonObject, ownField, setField } from './json-object';

/** The steps of a path through objects, such as `.spec.replicas`: what CustomResourceDefinitions call a JSON path without lists. */
function stepsOf(path: string): string[] {
  return path.split('.').slice(1);
}

/** What is at a path; undefined where a step leads nowhere. */
export function fieldAt(value: unknown, path: string): unknown {
  return stepsOf(path).reduce<unknown>((at, step) => (isJsonObject(at) ? ownField(at, step) : undefined), value);
}

/** A copy of an object with something else at a path: objects that are missing on the way come to be. */
export function withFieldAt<T extends object>(object: T, path: string, value: unknown): T {
  return replaced(object, stepsOf(path), value) as T;
}

function replaced(object: unknown, [step, ...rest]: readonly string[], value: unknown): unknown {
  if (step === undefined) return value;
  const copy: Record<string, unknown> = isJsonObject(object) ? { ...object } : {};
  setField(copy, step, replaced(ownField(copy, step), rest, value));
  return copy;
}
