import type { FieldSet } from '@shiplog/contracts';
import { isJsonObject } from '../values/json-object';
import { LEAF, NOTHING, nodeOf } from './field-set';
import { type ListSchema, type MapSchema, type MergeSchema, fieldSchema } from './merge-schema';
import { fieldStep, itemsByStep } from './path-element';

type Json = Record<string, unknown>;

/** A value's own node in the set of all that is there: itself and everything in it that its schema knows. */
export function presentNode(schema: MergeSchema, value: unknown): FieldSet {
  return nodeOf(partsPresent(schema, value), true) ?? LEAF;
}

/** All that is in a value, without itself. */
export function partsPresent({ map, list }: MergeSchema, value: unknown): FieldSet {
  if (map !== undefined && isJsonObject(value)) return fieldsPresent(map, value);
  if (list === undefined || !Array.isArray(value)) return NOTHING;
  const steps: Record<string, FieldSet> = {};
  for (const [step, [first, ...more]] of itemsByStep(list, value)) {
    // Items that can't be told apart belong to whoever has all of them.
    steps[step] = more.length > 0 ? LEAF : presentNode(list.items, first);
  }
  return steps;
}

/** All fields of an object that its schema knows, those that hold others too. */
export function fieldsPresent(map: MapSchema, object: Json): FieldSet {
  const steps: Record<string, FieldSet> = {};
  for (const name of Object.keys(object)) {
    const schema = fieldSchema(map, name);
    if (schema !== undefined) steps[fieldStep(name)] = presentNode(schema, object[name]);
  }
  return steps;
}

/**
 * What who applies an object says that it manages: values, items of lists, and entries of maps; a struct that holds some of them is
 * nobody's for that (ToFieldSet in structured-merge-diff).
 */
export function fieldsApplied(map: MapSchema, object: Json): FieldSet {
  const steps: Record<string, FieldSet> = {};
  for (const name of Object.keys(object)) {
    const schema = fieldSchema(map, name);
    if (schema === undefined) continue;
    const value = object[name];
    const isEntry = map.field(name) === undefined || value === null || isEmptyObject(value);
    const node = appliedNode(schema, value, isEntry);
    if (node !== undefined) steps[fieldStep(name)] = node;
  }
  return steps;
}

function appliedNode(schema: MergeSchema, value: unknown, member: boolean): FieldSet | undefined {
  if (schema.map !== undefined && isJsonObject(value)) return nodeOf(fieldsApplied(schema.map, value), member);
  if (schema.list !== undefined && Array.isArray(value)) return nodeOf(itemsApplied(schema.list, value), member);
  const holdsParts = schema.map !== undefined || schema.list !== undefined;
  return value === null && holdsParts ? nodeOf(NOTHING, member) : LEAF;
}

function itemsApplied(list: ListSchema, value: readonly unknown[]): FieldSet {
  const steps: Record<string, FieldSet> = {};
  for (const [step, [first, ...more]] of itemsByStep(list, value)) {
    steps[step] = more.length > 0 ? LEAF : (appliedNode(list.items, first, true) ?? LEAF);
  }
  return steps;
}

function isEmptyObject(value: unknown): boolean {
  return isJsonObject(value) && Object.keys(value).length === 0;
}
