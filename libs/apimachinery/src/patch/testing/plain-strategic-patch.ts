import { goText } from '../../values/go-text';
import { isJsonObject } from '../../values/json-object';
import { typeProblem } from '../../values/json-problem';
import { type Schema, definition, resolved } from '../../schema/definitions';
import { sameJson } from '../../values/equal';
import type { ElementOrder } from '../element-order';
import { PatchError } from '../patch-error';

/**
 * The strategic merge patch as plainly as it can be said, list by list and item by item: what the quick one is held against.
 * Kubernetes' strategic merge patch: like a merge patch, but lists that the API marks with a merge key are merged by it,
 * and the directives `$patch`, `$retainKeys`, `$setElementOrder/<list>` and `$deleteFromPrimitiveList/<list>` say the rest.
 */

type Json = Record<string, unknown>;

const PATCH = '$patch';
const RETAIN = '$retainKeys';
const ORDER = '$setElementOrder/';
const DELETE_FROM = '$deleteFromPrimitiveList/';

/** Answers a new document; neither argument changes. `type` is the definition of the document. */
export function plainlyPatched(current: unknown, patch: unknown, type: string): unknown {
  if (!isJsonObject(patch)) throw new PatchError('malformed', typeProblem(patch, 'map[string]interface {}'));
  return mergeMap(isJsonObject(current) ? current : {}, patch, definition(type));
}

function isDirective(key: string): boolean {
  return key === PATCH || key === RETAIN || key.startsWith(ORDER) || key.startsWith(DELETE_FROM) || key === '__proto__';
}

function withoutDirectives(patch: Json): Json {
  return Object.fromEntries(Object.entries(patch).filter(([key]) => !isDirective(key)));
}

function fieldSchema(schema: Schema | undefined, field: string): Schema | undefined {
  const { properties, additionalProperties } = schema ?? {};
  return properties !== undefined && Object.hasOwn(properties, field) ? properties[field] : additionalProperties;
}

function mergeMap(current: Json, patch: Json, schema: Schema | undefined): Json {
  switch (patch[PATCH]) {
    case undefined:
    case 'merge':
      break;
    case 'replace':
      return withoutDirectives(patch);
    case 'delete':
      return {};
    default:
      throw new PatchError('malformed', `unknown patch type: ${String(patch[PATCH])}`);
  }
  const result = retained(current, patch);
  for (const key of Object.keys(patch)) {
    const value = patch[key];
    if (key.startsWith(DELETE_FROM)) deleteFromList(result, key.slice(DELETE_FROM.length), value);
    if (isDirective(key)) continue;
    if (value === null) delete result[key];
    else result[key] = mergeValue(result[key], value, fieldSchema(schema, key), orderFor(patch, key));
  }
  for (const key of Object.keys(patch)) {
    const field = key.startsWith(ORDER) ? key.slice(ORDER.length) : undefined;
    const list = field === undefined ? undefined : result[field];
    // Where the patch has no items of its own, the order still holds for those that are there.
    if (field !== undefined && Array.isArray(list) && patch[field] === undefined) {
      result[field] = inOrder(list, list, orderFor(patch, field), mergeKeyOf(fieldSchema(schema, field)));
    }
  }
  return result;
}

function orderFor(patch: Json, field: string): ElementOrder {
  const order = patch[ORDER + field];
  if (order === undefined || order === null) return undefined;
  if (!Array.isArray(order)) throw new PatchError('malformed', `${ORDER}${field} must be a list`);
  return order;
}

/** `$retainKeys` lists all the fields that stay; it is how one member of a union replaces another. */
function retained(current: Json, patch: Json): Json {
  const keys = patch[RETAIN];
  if (keys === undefined) return { ...current };
  if (!Array.isArray(keys)) throw new PatchError('malformed', `${RETAIN} must be a list of field names`);
  return Object.fromEntries(Object.entries(current).filter(([key]) => keys.includes(key)));
}

function deleteFromList(result: Json, field: string, values: unknown): void {
  if (!Array.isArray(values)) throw new PatchError('malformed', `${DELETE_FROM}${field} must be a list`);
  const list = result[field];
  if (Array.isArray(list)) result[field] = list.filter((item) => !values.includes(item));
}

function mergeValue(current: unknown, value: unknown, field: Schema | undefined, order: ElementOrder): unknown {
  if (isJsonObject(value)) {
    const replaces = strategyOf(field).includes('replace');
    return mergeMap(
      isJsonObject(current) && !replaces ? current : {},
      value,
      field === undefined ? undefined : resolved(field),
    );
  }
  if (!Array.isArray(value)) return value;
  return mergeList(Array.isArray(current) ? current : [], value, field, order);
}

function strategyOf(field: Schema | undefined): readonly string[] {
  return field?.['x-kubernetes-patch-strategy']?.split(',') ?? [];
}

function mergeKeyOf(field: Schema | undefined): string | undefined {
  return field?.['x-kubernetes-patch-merge-key'];
}

function mergeList(
  current: readonly unknown[],
  patch: readonly unknown[],
  field: Schema | undefined,
  order: ElementOrder,
): unknown[] {
  const items = field?.items === undefined ? undefined : resolved(field.items);
  const key = mergeKeyOf(field);
  if (!strategyOf(field).includes('merge') || patch.some(isReplaceMarker)) {
    return patch
      .filter((item) => !isReplaceMarker(item))
      .map((item) => (isJsonObject(item) ? mergeMap({}, item, items) : item));
  }
  const result = key === undefined ? mergePrimitives(current, patch) : mergeByKey(current, patch, key, items);
  return inOrder(result, current, order ?? patch, key);
}

/** One such item in a list says that the others replace the whole list. */
function isReplaceMarker(item: unknown): boolean {
  return isJsonObject(item) && item[PATCH] === 'replace';
}

function mergePrimitives(current: readonly unknown[], patch: readonly unknown[]): unknown[] {
  const result = [...current];
  for (const item of patch) if (!result.some((entry) => sameJson(entry, item))) result.push(item);
  return result;
}

function mergeByKey(
  current: readonly unknown[],
  patch: readonly unknown[],
  key: string,
  items: Schema | undefined,
): unknown[] {
  let result = [...current];
  for (const item of patch) {
    if (!isJsonObject(item)) throw new PatchError('malformed', `a list that is merged by ${key} holds objects only`);
    const id = item[key];
    if (id === undefined || id === null) {
      throw new PatchError('malformed', `map: ${goText(item)} does not contain declared merge key: ${key}`);
    }
    const matches = (item: unknown): boolean => isJsonObject(item) && sameJson(item[key], id);
    if (item[PATCH] === 'delete') {
      result = result.filter((item) => !matches(item));
      continue;
    }
    const at = result.findIndex(matches);
    if (at < 0) result.push(mergeMap({}, item, items));
    else result[at] = mergeMap(result[at] as Json, item, items);
  }
  return result;
}

/**
 * Sorts a merged list: what the client named comes in the client's order; what only the server has keeps its place among
 * those as well as it can (before the first item that came after it on the server).
 */
function inOrder(
  list: readonly unknown[],
  server: readonly unknown[],
  order: ElementOrder,
  mergeKey: string | undefined,
): unknown[] {
  if (order === undefined) return [...list];
  const idOf = (item: unknown): unknown => (mergeKey !== undefined && isJsonObject(item) ? item[mergeKey] : item);
  const indexIn = (items: readonly unknown[], id: unknown): number =>
    items.findIndex((item) => sameJson(idOf(item), id));
  const ranked = list.map((item) => ({ item, rank: indexIn(order, idOf(item)), place: indexIn(server, idOf(item)) }));
  const result = ranked.filter(({ rank }) => rank >= 0).sort((a, b) => a.rank - b.rank);
  let from = 0;
  for (const entry of ranked.filter(({ rank }) => rank < 0)) {
    let at = from;
    while (at < result.length && !comesLater(result[at], entry.place)) at += 1;
    result.splice(at, 0, entry);
    from = at + 1;
  }
  return result.map(({ item }) => item);
}

function comesLater(other: { place: number } | undefined, place: number): boolean {
  return other !== undefined && place >= 0 && other.place > place;
}
