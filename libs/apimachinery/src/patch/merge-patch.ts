import { isJsonObject, ownField, setField } from '../values/json-object';

/** RFC 7386: null removes a field, objects merge, everything else replaces. Neither argument is changed. */
export function mergePatch(target: unknown, patch: unknown): unknown {
  return isJsonObject(patch) ? merged(target, patch) : patch;
}

function merged(target: unknown, patch: Record<string, unknown>): Record<string, unknown> {
  const result: Record<string, unknown> = isJsonObject(target) ? { ...target } : {};
  for (const name of Object.keys(patch)) {
    const change = patch[name];
    if (change === null) delete result[name];
    else setField(result, name, isJsonObject(change) ? merged(ownField(result, name), change) : change);
  }
  return result;
}
