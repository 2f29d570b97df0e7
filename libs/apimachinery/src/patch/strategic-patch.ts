import { type Schema, definition, resolved } from '../schema/definitions';
import { excerpt, wordOf } from '../values/excerpt';
import { goText } from '../values/go-text';
import { JsonMap } from '../values/json-map';
import { isJsonObject, ownField, setField } from '../values/json-object';
import { typeProblem } from '../values/json-problem';
import { type ElementOrder, inOrder } from './element-order';
import { KeyedList } from './keyed-list';
import { PatchError } from './patch-error';
import { Steps } from './steps';

/**
 * Kubernetes' strategic merge patch: like a merge patch, but lists that the API marks with a merge key are merged by it,
 * and the directives `$patch`, `$retainKeys`, `$setElementOrder/<list>` and `$deleteFromPrimitiveList/<list>` say the rest.
 */

type Json = Record<string, unknown>;

const PATCH = '$patch';
const RETAIN = '$retainKeys';
const ORDER = '$setElementOrder/';
const DELETE_FROM = '$deleteFromPrimitiveList/';

/** Answers a new document; neither argument changes. `type` is the definition of the document. */
export function strategicallyPatched(current: unknown, patch: unknown, type: string): unknown {
  if (!isJsonObject(patch)) throw new PatchError('malformed', typeProblem(patch, 'map[string]interface {}'));
  return new Merge(new Steps(current, patch)).map(isJsonObject(current) ? current : {}, patch, definition(type));
}

function isDirective(key: string): boolean {
  return key === PATCH || key === RETAIN || key.startsWith(ORDER) || key.startsWith(DELETE_FROM);
}

function withoutDirectives(patch: Json): Json {
  return Object.fromEntries(Object.entries(patch).filter(([key]) => !isDirective(key)));
}

function fieldSchema(schema: Schema | undefined, field: string): Schema | undefined {
  const { properties, additionalProperties } = schema ?? {};
  return properties !== undefined && Object.hasOwn(properties, field) ? properties[field] : additionalProperties;
}

/** One patch being merged. Nothing that was there is changed: what a patch touches is copied, and the copies are counted. */
class Merge {
  constructor(private readonly work: Steps) {}

  map(current: Json, patch: Json, schema: Schema | undefined): Json {
    switch (patch[PATCH]) {
      case undefined:
      case 'merge':
        break;
      case 'replace':
        return withoutDirectives(patch);
      case 'delete':
        return {};
      default:
        throw new PatchError('malformed', `unknown patch type: ${wordOf(patch[PATCH])}`);
    }
    this.work.take(Object.keys(current).length);
    const result = retained(current, patch);
    for (const key of Object.keys(patch)) {
      const value = patch[key];
      if (key.startsWith(DELETE_FROM)) deleteFromList(result, key.slice(DELETE_FROM.length), value);
      if (isDirective(key)) continue;
      if (value === null) delete result[key];
      else {
        const field = fieldSchema(schema, key);
        setField(result, key, this.#value(ownField(result, key), value, field, orderFor(patch, key)));
      }
    }
    this.#orderTheRest(result, patch, schema);
    return result;
  }

  /** Where the patch has no items of its own, the order still holds for those that are there. */
  #orderTheRest(result: Json, patch: Json, schema: Schema | undefined): void {
    for (const key of Object.keys(patch)) {
      if (!key.startsWith(ORDER)) continue;
      const field = key.slice(ORDER.length);
      const list = ownField(result, field);
      if (!Array.isArray(list) || ownField(patch, field) !== undefined) continue;
      this.work.take(list.length);
      setField(result, field, inOrder(list, list, orderFor(patch, field), mergeKeyOf(fieldSchema(schema, field))));
    }
  }

  #value(current: unknown, value: unknown, field: Schema | undefined, order: ElementOrder): unknown {
    if (isJsonObject(value)) {
      const replaces = strategyOf(field).includes('replace');
      return this.map(
        isJsonObject(current) && !replaces ? current : {},
        value,
        field === undefined ? undefined : resolved(field),
      );
    }
    if (!Array.isArray(value)) return value;
    return this.#list(Array.isArray(current) ? current : [], value, field, order);
  }

  #list(
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
        .map((item) => (isJsonObject(item) ? this.map({}, item, items) : item));
    }
    this.work.take(current.length);
    const result = key === undefined ? mergePrimitives(current, patch) : this.#byKey(current, patch, key, items);
    // A client that says nothing of the order means that of its own items.
    return inOrder(result, current, order ?? patch, key);
  }

  #byKey(current: readonly unknown[], patch: readonly unknown[], key: string, items: Schema | undefined): unknown[] {
    const list = new KeyedList(current, key);
    for (const item of patch) {
      if (!isJsonObject(item)) throw new PatchError('malformed', `a list that is merged by ${key} holds objects only`);
      const id = mergeKeyIn(item, key);
      if (item[PATCH] === 'delete') list.delete(id);
      else list.put(id, this.map(list.first(id) ?? {}, item, items));
    }
    return list.items();
  }
}

/** What an item of a patch is merged by. A scalar: no key of the API is anything else. */
function mergeKeyIn(item: Json, key: string): unknown {
  const id = ownField(item, key);
  if (id === undefined || id === null) {
    throw new PatchError('malformed', `map: ${excerpt(goText(item))} does not contain declared merge key: ${key}`);
  }
  if (typeof id === 'object') {
    throw new PatchError('malformed', `map: ${excerpt(goText(item))} has no scalar as its merge key: ${key}`);
  }
  return id;
}

function orderFor(patch: Json, field: string): ElementOrder {
  const order = patch[ORDER + field];
  if (order === undefined || order === null) return undefined;
  if (!Array.isArray(order)) throw new PatchError('malformed', `${ORDER}${excerpt(field)} must be a list`);
  return order;
}

/** `$retainKeys` lists all the fields that stay; it is how one member of a union replaces another. */
function retained(current: Json, patch: Json): Json {
  const keys = patch[RETAIN];
  if (keys === undefined) return { ...current };
  if (!Array.isArray(keys)) throw new PatchError('malformed', `${RETAIN} must be a list of field names`);
  const kept = new Set<unknown>(keys);
  return Object.fromEntries(Object.entries(current).filter(([key]) => kept.has(key)));
}

function deleteFromList(result: Json, field: string, values: unknown): void {
  if (!Array.isArray(values)) throw new PatchError('malformed', `${DELETE_FROM}${excerpt(field)} must be a list`);
  const list = ownField(result, field);
  const gone = new Set<unknown>(values);
  if (Array.isArray(list))
    setField(
      result,
      field,
      list.filter((item) => !gone.has(item)),
    );
}

function strategyOf(field: Schema | undefined): readonly string[] {
  return field?.['x-kubernetes-patch-strategy']?.split(',') ?? [];
}

function mergeKeyOf(field: Schema | undefined): string | undefined {
  return field?.['x-kubernetes-patch-merge-key'];
}

/** One such item in a list says that the others replace the whole list. */
function isReplaceMarker(item: unknown): boolean {
  return isJsonObject(item) && item[PATCH] === 'replace';
}

function mergePrimitives(current: readonly unknown[], patch: readonly unknown[]): unknown[] {
  const result = [...current];
  const present = new JsonMap<true>();
  for (const item of current) present.set(item, true);
  for (const item of patch) {
    if (present.get(item) !== undefined) continue;
    present.set(item, true);
    result.push(item);
  }
  return result;
}
