import type { FieldSet } from '@shiplog/contracts';
import { sameJson } from '../values/equal';
import { isJsonObject } from '../values/json-object';
import { LEAF, NOTHING, isEmptySet, union, unionOf } from './field-set';
import { partsPresent, presentNode } from './fields-of';
import { type ListSchema, type MapSchema, type MergeSchema, fieldSchema } from './merge-schema';
import { fieldStep, itemsByStep } from './path-element';

type Json = Record<string, unknown>;

/** What became of the fields of an object. The order of a list's items, where they are told apart, is nobody's. */
export interface Comparison {
  readonly added: FieldSet;
  readonly modified: FieldSet;
  readonly removed: FieldSet;
  /** Added or modified. */
  readonly set: FieldSet;
  /** Any of these, to be taken away. */
  readonly all: FieldSet;
}

type Part = 'added' | 'modified' | 'removed';
/** Of a node: undefined where nothing in it is of that part. */
type Differences = { [P in Part]?: FieldSet };

/** Compares two versions of an object, field by field as their schema has them. What is the same JavaScript value costs nothing. */
export function compareObjects(map: MapSchema, before: Json, after: Json): Comparison {
  const { added = NOTHING, modified = NOTHING, removed = NOTHING } = compareFields(map, before, after) ?? {};
  return { added, modified, removed, set: union(modified, added), all: unionOf([added, modified, removed]) };
}

/** Collects the differences of the parts of a node, by their steps. */
class Steps {
  readonly #parts: { [P in Part]?: Record<string, FieldSet> } = {};
  #any = false;

  put(part: Part, step: string, node: FieldSet | undefined): void {
    if (node === undefined) return;
    this.#any = true;
    (this.#parts[part] ??= {})[step] = node;
  }

  putAll(step: string, { added, modified, removed }: Differences): void {
    this.put('added', step, added);
    this.put('modified', step, modified);
    this.put('removed', step, removed);
  }

  get differences(): Differences | undefined {
    return this.#any ? this.#parts : undefined;
  }
}

function compareFields(map: MapSchema, before: Json, after: Json): Differences | undefined {
  const steps = new Steps();
  for (const name of Object.keys(after)) {
    const from = Object.hasOwn(before, name) ? before[name] : undefined;
    const to = after[name];
    if (from === to || to === undefined) continue;
    const schema = fieldSchema(map, name);
    if (schema === undefined) continue;
    const step = fieldStep(name);
    if (from === undefined) steps.put('added', step, presentNode(schema, to));
    else {
      const inner = compareValues(schema, from, to);
      if (inner !== undefined) steps.putAll(step, inner);
    }
  }
  for (const name of Object.keys(before)) {
    if (before[name] === undefined || (Object.hasOwn(after, name) && after[name] !== undefined)) continue;
    const schema = fieldSchema(map, name);
    if (schema !== undefined) steps.put('removed', fieldStep(name), presentNode(schema, before[name]));
  }
  return steps.differences;
}

const MODIFIED: Differences = { modified: LEAF };

/** Null is as good as an empty object or list; between two empty ones the value itself is what differs. */
function compareValues(schema: MergeSchema, before: unknown, after: unknown): Differences | undefined {
  if (before === after) return undefined;
  const { map, list } = schema;
  if (map !== undefined && isMapLike(before) && isMapLike(after) && (hasFields(before) || hasFields(after))) {
    return compareFields(map, before ?? {}, after ?? {});
  }
  if (list !== undefined && isListLike(before) && isListLike(after) && (hasItems(before) || hasItems(after))) {
    return compareItems(list, before ?? [], after ?? []);
  }
  return sameJson(before, after) ? undefined : replacedBy(schema, before, after);
}

/** One kind of value in the place of another: what was in the one is gone, what is in the other is new. */
function replacedBy(schema: MergeSchema, before: unknown, after: unknown): Differences {
  const removed = partsPresent(schema, before);
  const added = partsPresent(schema, after);
  if (isEmptySet(removed) && isEmptySet(added)) return MODIFIED;
  return { ...MODIFIED, ...(isEmptySet(removed) ? { added } : isEmptySet(added) ? { removed } : { added, removed }) };
}

function isMapLike(value: unknown): value is Json | null {
  return value === null || isJsonObject(value);
}

function isListLike(value: unknown): value is readonly unknown[] | null {
  return value === null || Array.isArray(value);
}

function hasFields(value: Json | null): boolean {
  for (const _ in value) return true;
  return false;
}

function hasItems(value: readonly unknown[] | null): boolean {
  return value !== null && value.length > 0;
}

function compareItems(
  list: ListSchema,
  before: readonly unknown[],
  after: readonly unknown[],
): Differences | undefined {
  const steps = new Steps();
  const were = itemsByStep(list, before);
  const are = itemsByStep(list, after);
  for (const [step, now] of are) {
    const then = were.get(step);
    if (then === undefined) steps.put('added', step, nodeOfItems(list, now));
    else {
      const inner = compareSameStep(list, then, now);
      if (inner !== undefined) steps.putAll(step, inner);
    }
  }
  for (const [step, then] of were) if (!are.has(step)) steps.put('removed', step, nodeOfItems(list, then));
  return steps.differences;
}

/** Items that can't be told apart are compared together. */
function compareSameStep(list: ListSchema, then: readonly unknown[], now: readonly unknown[]): Differences | undefined {
  if (then.length === 1 && now.length === 1) return compareValues(list.items, then[0], now[0]);
  return sameJson(then, now) ? undefined : MODIFIED;
}

function nodeOfItems(list: ListSchema, items: readonly unknown[]): FieldSet {
  return items.length > 1 ? LEAF : presentNode(list.items, items[0]);
}
