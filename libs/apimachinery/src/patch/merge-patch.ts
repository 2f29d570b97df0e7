import { ownField, setField } from '../values/own';
import { PatchError } from './patch-error';

type Json = Record<string, unknown>;

/** Whether a JSON value is an object (not null, not a list). */
export function isMap(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** RFC 7386. Answers a new document; neither argument changes. */
export function mergePatched(current: unknown, patch: unknown): unknown {
  if (!isMap(patch)) throw new PatchError('malformed', 'error decoding patch: a merge patch is a JSON object');
  return merged(current, patch);
}

function merged(target: unknown, patch: Json): Json {
  const result: Json = isMap(target) ? { ...target } : {};
  for (const key of Object.keys(patch)) {
    const value = patch[key];
    if (value === null) delete result[key];
    else setField(result, key, isMap(value) ? merged(ownField(result, key), value) : value);
  }
  return result;
}
