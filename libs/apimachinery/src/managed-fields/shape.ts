import { isJsonObject, ownField } from '../values/json-object';
import { type ListSchema, type MapSchema, type MergeSchema, fieldSchema } from './merge-schema';

/**
 * What the fields of a value depend on, and not what they hold: the names of fields and what tells the items of lists apart. Pods
 * of one template differ in their values alone. Undefined: whatever the value is, it is one field.
 */
export type Shape = FieldsShape | ItemsShape | OtherShape | undefined;

interface FieldsShape {
  readonly kind: 'fields';
  readonly names: readonly string[];
  /** In the order of the names. */
  readonly parts: readonly Shape[];
}

interface ItemsShape {
  readonly kind: 'items';
  readonly keys: readonly string[];
  /** Of each item, what its keys hold; without keys the item itself. */
  readonly told: readonly (readonly unknown[])[];
  readonly parts: readonly Shape[];
}

/** A value that is not of the type that its schema has fields for. */
interface OtherShape {
  readonly kind: 'other';
  readonly schema: MergeSchema;
}

/** The shape of a value; it holds nothing of the value but what tells items apart. */
export function shapeOf(schema: MergeSchema, value: unknown): Shape {
  const { map, list } = schema;
  if (map !== undefined && isJsonObject(value)) return fieldsShape(map, value);
  if (list !== undefined && Array.isArray(value)) return itemsShape(list, value);
  return map === undefined && list === undefined ? undefined : { kind: 'other', schema };
}

function fieldsShape(map: MapSchema, value: Record<string, unknown>): FieldsShape {
  const names = Object.keys(value);
  const parts = names.map((name) => {
    const schema = fieldSchema(map, name);
    return schema && shapeOf(schema, value[name]);
  });
  return { kind: 'fields', names, parts };
}

function itemsShape({ items, keys }: ListSchema, value: readonly unknown[]): ItemsShape {
  const told = value.map((item) => (keys.length === 0 ? [item] : keys.map((key) => keyOf(item, key))));
  return { kind: 'items', keys, told, parts: value.map((item) => shapeOf(items, item)) };
}

function keyOf(item: unknown, key: string): unknown {
  return isJsonObject(item) ? ownField(item, key) : undefined;
}

/** Whether a value has a shape. What is no text, number or boolean tells no items apart here: such a value has none. */
export function hasShape(shape: Shape, value: unknown): boolean {
  if (shape === undefined) return true;
  switch (shape.kind) {
    case 'fields':
      return isJsonObject(value) && hasFields(shape, value);
    case 'items':
      return Array.isArray(value) && hasItems(shape, value);
    case 'other': {
      const { map, list } = shape.schema;
      return !(map !== undefined && isJsonObject(value)) && !(list !== undefined && Array.isArray(value));
    }
  }
}

function hasFields({ names, parts }: FieldsShape, value: Record<string, unknown>): boolean {
  const own = Object.keys(value);
  if (own.length !== names.length) return false;
  for (let i = 0; i < own.length; i++) {
    const name = own[i] as string;
    if (name !== names[i] || !hasShape(parts[i], value[name])) return false;
  }
  return true;
}

function hasItems({ keys, told, parts }: ItemsShape, value: readonly unknown[]): boolean {
  if (value.length !== told.length) return false;
  for (let i = 0; i < told.length; i++) {
    const item = value[i];
    const known = told[i] as readonly unknown[];
    if (keys.length === 0 ? known[0] !== item : keys.some((key, at) => known[at] !== keyOf(item, key))) return false;
    if (!hasShape(parts[i], item)) return false;
  }
  return true;
}
