import type { FieldSet } from '@shiplog/contracts';
import { copyWithout, isJsonObject, ownField, setField } from '../values/json-object';
import { isEmptySet, isMember } from './field-set';
import { type ListSchema, type MapSchema, type MergeSchema, fieldSchema } from './merge-schema';
import { fieldStep, itemStep, itemsByStep, stepText } from './path-element';

type Json = Record<string, unknown>;

/** The object with what is applied to it: fields are set, items of lists found by what tells them apart. Neither is changed. */
export function mergeApplied(map: MapSchema, live: Json, applied: Json): Json {
  const result = { ...live };
  for (const name of Object.keys(applied)) {
    const schema = fieldSchema(map, name);
    if (schema !== undefined) setField(result, name, mergeValues(schema, ownField(live, name), applied[name]));
  }
  return result;
}

/** Of an object or a list that is merged, null asks for nothing. */
function mergeValues({ map, list }: MergeSchema, live: unknown, applied: unknown): unknown {
  if (live === undefined) return applied;
  if (map !== undefined && isJsonObject(live)) {
    if (applied === null) return hasAny(live) ? live : null;
    return isJsonObject(applied) ? mergeApplied(map, live, applied) : applied;
  }
  if (list !== undefined && Array.isArray(live)) {
    if (applied === null) return live.length > 0 ? live : null;
    return Array.isArray(applied) ? mergeItems(list, live, applied) : applied;
  }
  return applied;
}

function hasAny(object: Json): boolean {
  for (const _ in object) return true;
  return false;
}

/**
 * Items in the order of those applied; each that only the object has stays before the one that followed it (mergingWalker in
 * structured-merge-diff).
 */
function mergeItems(list: ListSchema, live: readonly unknown[], applied: readonly unknown[]): unknown[] {
  const wanted = itemsByStep(list, applied);
  const known = itemsByStep(list, live);
  const shared = [...wanted.keys()].filter((step) => known.has(step));
  const result: unknown[] = [];
  const steps = [...wanted];
  let next = 0;
  let nextShared = 0;
  /** Puts what is applied up to an item of both, that item included. */
  const putThrough = (last: string | undefined): void => {
    while (next < steps.length) {
      const [step, items] = steps[next++] as [string, unknown[]];
      const [own, ...more] = known.get(step) ?? [];
      result.push(own === undefined || more.length > 0 ? items[0] : mergeValues(list.items, own, items[0]));
      if (step === shared[nextShared]) nextShared += 1;
      if (step === last) return;
    }
  };
  for (const [place, item] of live.entries()) {
    const step = itemStep(list, item) ?? `i:${place}`;
    if (!wanted.has(step)) result.push(item);
    else if (step === shared[nextShared]) putThrough(step);
  }
  putThrough(undefined);
  return result;
}

/** The object without the fields and items of a set. What nothing is left of goes too, except an item of a list. */
export function withoutFields(map: MapSchema, object: Json, gone: FieldSet): Json {
  const left = new Map<string, unknown>();
  const removed = new Set<string>();
  for (const name of Object.keys(object)) {
    const node = gone[fieldStep(name)];
    if (node === undefined) continue;
    const schema = fieldSchema(map, name);
    const value = isMember(node) || schema === undefined ? undefined : withoutParts(schema, object[name], node);
    if (value === undefined) removed.add(name);
    else left.set(name, value);
  }
  if (removed.size === 0 && left.size === 0) return object;
  const result = copyWithout(object, (name) => removed.has(name));
  for (const [name, value] of left) setField(result, name, value);
  return result;
}

/** Undefined when nothing is left. */
function withoutParts({ map, list }: MergeSchema, value: unknown, gone: FieldSet): unknown {
  if (map !== undefined && isJsonObject(value)) {
    const left = withoutFields(map, value, gone);
    return hasAny(left) ? left : undefined;
  }
  if (list === undefined || !Array.isArray(value)) return value;
  const items: unknown[] = [];
  for (const [place, item] of value.entries()) {
    const node = gone[itemStep(list, item) ?? `i:${place}`];
    if (node === undefined) items.push(item);
    else if (!isMember(node) && !isEmptySet(node)) items.push(withoutParts(list.items, item, node) ?? {});
  }
  return items.length > 0 ? items : undefined;
}

/** What is wrong with an object that is to be applied, in Kubernetes' words; the first few of what may be many. */
export function appliedProblems(map: MapSchema, applied: Json): string[] {
  const problems: string[] = [];
  checkFields(map, applied, '', problems);
  return problems;
}

const MOST_PROBLEMS = 100;

function checkFields(map: MapSchema, object: Json, path: string, problems: string[]): void {
  for (const name of Object.keys(object)) {
    if (problems.length >= MOST_PROBLEMS) return;
    const schema = fieldSchema(map, name);
    if (schema === undefined) problems.push(`${path}.${name}: field not declared in schema`);
    else checkValue(schema, object[name], `${path}.${name}`, problems);
  }
}

function checkValue({ map, list }: MergeSchema, value: unknown, path: string, problems: string[]): void {
  if (map !== undefined && isJsonObject(value)) checkFields(map, value, path, problems);
  else if (list !== undefined && Array.isArray(value)) checkItems(list, value, path, problems);
}

function checkItems(list: ListSchema, items: readonly unknown[], path: string, problems: string[]): void {
  const seen = new Set<string>();
  for (const [place, item] of items.entries()) {
    if (problems.length >= MOST_PROBLEMS) return;
    const step = itemStep(list, item);
    if (step === undefined) problems.push(`${path}: element ${place}: ${keyProblem(list, item)}`);
    else if (seen.has(step)) problems.push(`${path}: duplicate entries for key ${stepText(step)}`);
    else {
      seen.add(step);
      checkValue(list.items, item, `${path}${stepText(step)}`, problems);
    }
  }
}

function keyProblem({ keys, keyDefault }: ListSchema, item: unknown): string {
  if (keys.length === 0) return "associative list without keys has an element that's an explicit null";
  if (item === null) return 'associative list with keys may not have a null element';
  if (!isJsonObject(item)) return 'associative list with keys may not have non-map elements';
  const missing = keys.find((key) => (ownField(item, key) ?? keyDefault(key) ?? null) === null);
  return `associative list with keys has an element that omits key field ${JSON.stringify(missing)} (and doesn't have default value)`;
}

/** The first path to what is a whole of its own (an object or list that is not merged) in what is to be applied; undefined for none. */
export function atomicPath(map: MapSchema, applied: Json, path = ''): string | undefined {
  for (const name of Object.keys(applied)) {
    const schema = fieldSchema(map, name);
    const found = schema && atomicPathOf(schema, applied[name], `${path}.${name}`);
    if (found !== undefined) return found;
  }
  return undefined;
}

function atomicPathOf({ map, list }: MergeSchema, value: unknown, path: string): string | undefined {
  if (isJsonObject(value)) return map === undefined ? path : atomicPath(map, value, path);
  if (!Array.isArray(value)) return undefined;
  if (list === undefined) return path;
  for (const item of value) {
    const found = atomicPathOf(list.items, item, `${path}${stepText(itemStep(list, item) ?? '')}`);
    if (found !== undefined) return found;
  }
  return undefined;
}
