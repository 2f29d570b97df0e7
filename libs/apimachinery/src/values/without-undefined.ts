import { isJsonObject } from './json-object';

/**
 * A JSON value as it will be read back from the log. A field that is undefined would hold its place among the fields
 * here and lose it there, and live state and replayed state would differ in their bytes. What is clean is returned
 * as it is.
 */
export function withoutUndefined<T>(value: T): T {
  if (Array.isArray(value)) return cleanArray(value) as T;
  return isJsonObject(value) ? (cleanObject(value) as T) : value;
}

function cleanArray(list: readonly unknown[]): readonly unknown[] {
  let copy: unknown[] | undefined;
  for (let i = 0; i < list.length; i++) {
    const clean = withoutUndefined(list[i]);
    if (clean === list[i]) continue;
    copy ??= [...list];
    copy[i] = clean;
  }
  return copy ?? list;
}

function cleanObject(object: Record<string, unknown>): Record<string, unknown> {
  let dirty = false;
  for (const name in object) {
    const value = object[name];
    if (value === undefined || withoutUndefined(value) !== value) {
      dirty = true;
      break;
    }
  }
  if (!dirty) return object;
  return Object.fromEntries(
    Object.entries(object)
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => [name, withoutUndefined(value)]),
  );
}
