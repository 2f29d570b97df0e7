import type { MergePatch } from '@shiplog/contracts';
import { sameJson } from '@shiplog/apimachinery';

type Json = Record<string, unknown>;

/** A JSON object: neither null nor an array. */
export function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Sets an own property also where the name would reach a prototype (`__proto__` is a legal ConfigMap key). */
function setOwn(target: Json, name: string, value: unknown): void {
  if (name === '__proto__') {
    Object.defineProperty(target, name, { value, enumerable: true, configurable: true, writable: true });
  } else {
    target[name] = value;
  }
}

/** RFC 7386: null removes a field, objects merge, everything else replaces. Neither argument is changed. */
export function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch;
  const result: Json = isObject(target) ? { ...target } : {};
  for (const name of Object.keys(patch)) {
    const change = patch[name];
    if (change === null) delete result[name];
    else setOwn(result, name, isObject(change) ? mergePatch(ownValue(result, name), change) : change);
  }
  return result;
}

function ownValue(object: Json, name: string): unknown {
  return Object.hasOwn(object, name) ? object[name] : undefined;
}

/**
 * The smallest merge patch that leads from one object to the other; undefined when they are the same. Values must
 * be free of null, which a merge patch can't set: stored objects are.
 */
export function diffPatch(before: Json, after: Json): MergePatch | undefined {
  const patch: MergePatch = {};
  let differs = false;
  const change = (name: string, value: unknown): void => {
    setOwn(patch, name, value);
    differs = true;
  };
  for (const name of Object.keys(after)) {
    const from = ownValue(before, name);
    const to = after[name];
    if (to === undefined || from === to) continue;
    if (isObject(from) && isObject(to)) {
      const inner = diffPatch(from, to);
      if (inner !== undefined) change(name, inner);
    } else if (!sameJson(from, to)) {
      change(name, to);
    }
  }
  for (const name of Object.keys(before)) {
    if (before[name] !== undefined && ownValue(after, name) === undefined) change(name, null);
  }
  return differs ? patch : undefined;
}
