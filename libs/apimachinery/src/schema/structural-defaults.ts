import type { StructuralSchema } from '@shiplog/contracts';
import { copyToExtend, copyWithout, isJsonObject, setField } from '../values/json-object';

/** Values that defaults may add to an object: beyond what any object holds that could be written down. */
const VALUES = 200_000;

/** What defaulting came to. */
export interface Defaulted {
  /** The value itself where nothing was to be done. */
  readonly value: unknown;
  /** Whether the defaults were more than an object can hold: only the first of them are there. */
  readonly tooLarge: boolean;
}

interface Budget {
  left: number;
}

/**
 * A value with the defaults of its schema, also those within defaults, and without the nulls of fields that can't be null,
 * which stand for nothing (defaulting/algorithm.go in Kubernetes' apiextensions). The value is not changed.
 */
export function withSchemaDefaults(schema: StructuralSchema, value: unknown): Defaulted {
  if (!hasWork(schema)) return { value, tooLarge: false };
  const budget = { left: VALUES };
  const result = filled(schema, value, budget);
  return { value: result, tooLarge: budget.left < 0 };
}

function filled(schema: StructuralSchema, value: unknown, budget: Budget): unknown {
  if (budget.left < 0) return value;
  if (Array.isArray(value)) return filledList(schema.items, value, budget);
  return isJsonObject(value) ? filledObject(schema, value, budget) : value;
}

function filledList(items: StructuralSchema | undefined, list: readonly unknown[], budget: Budget): unknown {
  if (items === undefined || (!hasWork(items) && items['default'] === undefined)) return list;
  let copy: unknown[] | undefined;
  list.forEach((item, i) => {
    const next = filled(items, item === null ? (nullOf(items, budget) ?? null) : item, budget);
    if (next !== item) (copy ??= [...list])[i] = next;
  });
  return copy ?? list;
}

function filledObject(schema: StructuralSchema, object: Record<string, unknown>, budget: Budget): unknown {
  const gone = new Set<string>();
  let copy: Record<string, unknown> | undefined;
  const set = (name: string, value: unknown): void => setField((copy ??= copyToExtend(object)), name, value);
  for (const name of defaultedFields(schema)) {
    if (!Object.hasOwn(object, name)) set(name, defaultOf(schema.properties![name]!, budget));
  }
  for (const name of Object.keys(object)) {
    const of = schemaOfField(schema, name);
    if (of === undefined) continue;
    const value = object[name];
    const next = filled(of, value === null ? nullOf(of, budget) : value, budget);
    if (next === undefined) gone.add(name);
    else if (next !== value) set(name, next);
  }
  return gone.size === 0 ? (copy ?? object) : copyWithout(copy ?? object, (name) => gone.has(name));
}

function schemaOfField({ properties, additionalProperties }: StructuralSchema, name: string) {
  if (properties !== undefined && Object.hasOwn(properties, name)) return properties[name];
  return typeof additionalProperties === 'object' ? additionalProperties : undefined;
}

/** What a null becomes: itself, the default in its place, or nothing. */
function nullOf(schema: StructuralSchema, budget: Budget): unknown {
  if (schema.nullable === true) return null;
  return schema['default'] === undefined ? undefined : defaultOf(schema, budget);
}

/** A default with the defaults of what is in it: ours to change. */
function defaultOf(schema: StructuralSchema, budget: Budget): unknown {
  const value = schema['default'];
  budget.left -= sizeOf(value);
  return budget.left < 0 ? value : filled(schema, copied(value), budget);
}

function copied(value: unknown): unknown {
  return typeof value === 'object' && value !== null ? structuredClone(value) : value;
}

const sizes = new WeakMap<object, number>();

/** The number of values that a value is made of. */
function sizeOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 1;
  let size = sizes.get(value);
  if (size === undefined) {
    size = Object.values(value).reduce<number>((sum, item) => sum + sizeOf(item), 1);
    sizes.set(value, size);
  }
  return size;
}

const fieldsWithDefaults = new WeakMap<StructuralSchema, readonly string[]>();

function defaultedFields(schema: StructuralSchema): readonly string[] {
  let names = fieldsWithDefaults.get(schema);
  if (names === undefined) {
    const { properties = {} } = schema;
    names = Object.keys(properties).filter((name) => properties[name]?.['default'] !== undefined);
    fieldsWithDefaults.set(schema, names);
  }
  return names;
}

const working = new WeakMap<StructuralSchema, boolean>();

/** Whether anything below a schema can be defaulted, or be null where that says nothing: scalars alone have no work. */
function hasWork(schema: StructuralSchema): boolean {
  let works = working.get(schema);
  if (works === undefined) {
    const { properties, items, additionalProperties } = schema;
    works = properties !== undefined || items !== undefined || typeof additionalProperties === 'object';
    working.set(schema, works);
  }
  return works;
}
