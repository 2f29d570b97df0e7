import type { MergePatch } from '@shiplog/contracts';
import { isJsonObject, ownField, sameJson, setField } from '@shiplog/apimachinery';

type Json = Record<string, unknown>;

/**
 * The smallest merge patch that leads from one object to the other; undefined when they are the same. Values must
 * be free of null, which a merge patch can't set: stored objects are.
 */
export function diffPatch(before: Json, after: Json): MergePatch | undefined {
  const patch: MergePatch = {};
  let differs = false;
  const change = (name: string, value: unknown): void => {
    setField(patch, name, value);
    differs = true;
  };
  for (const name of Object.keys(after)) {
    const from = ownField(before, name);
    const to = after[name];
    if (to === undefined || from === to) continue;
    if (isJsonObject(from) && isJsonObject(to)) {
      const inner = diffPatch(from, to);
      if (inner !== undefined) change(name, inner);
    } else if (!sameJson(from, to)) {
      change(name, to);
    }
  }
  for (const name of Object.keys(before)) {
    if (before[name] !== undefined && ownField(after, name) === undefined) change(name, null);
  }
  return differs ? patch : undefined;
}
