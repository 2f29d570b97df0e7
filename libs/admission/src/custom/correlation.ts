import { isJsonObject, ownField, sameJson, setField } from '@shiplog/apimachinery';
import type { SchemaProps } from '../definitions/types';
import { keyOf } from './scalars';

/**
 * The value with each part that equals that of an older value replaced by it: what is the very same was not changed. Takes
 * time proportional to the value.
 */
export function sharing(before: unknown, after: unknown): unknown {
  if (before === after) return before;
  if (Array.isArray(before) && Array.isArray(after)) return sharingList(before, after);
  if (!isJsonObject(before) || !isJsonObject(after)) return after;
  let same = Object.keys(before).length === Object.keys(after).length;
  let copy: Record<string, unknown> | undefined;
  for (const name of Object.keys(after)) {
    const older = ownField(before, name);
    const next = older === undefined ? after[name] : sharing(older, after[name]);
    if (next !== older) same = false;
    if (next !== after[name]) setField((copy ??= { ...after }), name, next);
  }
  return same ? before : (copy ?? after);
}

function sharingList(before: readonly unknown[], after: readonly unknown[]): unknown {
  const shared = after.map((item, i) => (i < before.length ? sharing(before[i], item) : item));
  return before.length === after.length && shared.every((item, i) => item === before[i]) ? before : shared;
}

/** What tells an item of a list of a schema apart: its keys, in a list that is a map; undefined where nothing does. */
export function itemKeyOf(schema: SchemaProps): ((item: unknown) => string) | undefined {
  const { 'x-kubernetes-list-type': type, 'x-kubernetes-list-map-keys': keys = [] } = schema;
  if (type !== 'map') return undefined;
  return (item) => keyOf(isJsonObject(item) ? keys.map((key) => ownField(item, key) ?? null) : item);
}

/** Finds what an item of a list was before; only items of maps can be told apart. Equal items are the very same. */
export function olderItemOf(schema: SchemaProps, before: unknown): (item: unknown) => unknown {
  const key = itemKeyOf(schema);
  if (!Array.isArray(before) || key === undefined) return () => undefined;
  const byKey = new Map(before.map((item) => [key(item), item as unknown]));
  return (item) => {
    const older = byKey.get(key(item));
    return sameJson(older, item) ? item : older;
  };
}
