import { GoSyntax, goSyntaxOf, isJsonObject, ownField } from '@shiplog/apimachinery';
import { additionalOf, itemsOf, type SchemaProps } from '../definitions/types';
import { itemKeyOf } from './correlation';
import { keyOf } from './scalars';
import { child } from './values';
import type { Walk } from './walk';

/** That no two items of a set are the same, nor the keys of two items of a map (structural/listtype in apiextensions). */
export function validateListTypes(schema: SchemaProps, value: unknown, at: string, walk: Walk): void {
  if (!hasLists(schema) || !walk.spend(1)) return;
  if (Array.isArray(value)) {
    const items = itemsOf(schema);
    validateDuplicates(schema, value, at, walk);
    if (items !== undefined) value.forEach((item, i) => validateListTypes(items, item, `${at}[${i}]`, walk));
  } else if (isJsonObject(value)) {
    const { properties = {} } = schema;
    const additional = additionalOf(schema);
    for (const name of Object.keys(value)) {
      const of = Object.hasOwn(properties, name) ? properties[name] : additional;
      if (of !== undefined) validateListTypes(of, value[name], child(at, name), walk);
    }
  }
}

const known = new WeakMap<SchemaProps, boolean>();

/** Whether there is a set or a map anywhere in a schema: in most there is none. */
function hasLists(schema: SchemaProps): boolean {
  let has = known.get(schema);
  if (has === undefined) {
    const type = schema['x-kubernetes-list-type'];
    const parts = [...Object.values(schema.properties ?? {}), itemsOf(schema), additionalOf(schema)];
    has = type === 'set' || type === 'map' || parts.some((part) => part !== undefined && hasLists(part));
    known.set(schema, has);
  }
  return has;
}

function validateDuplicates(schema: SchemaProps, list: readonly unknown[], at: string, { problems }: Walk): void {
  const key = itemKeyOf(schema) ?? (schema['x-kubernetes-list-type'] === 'set' ? keyOf : undefined);
  if (key === undefined) return;
  const seen = new Set<string>();
  const told = new Set<string>();
  list.forEach((item, i) => {
    const text = key(item);
    if (seen.has(text) && !told.has(text)) {
      problems.duplicate(`${at}[${i}]`, shownItem(schema, item));
      told.add(text);
    }
    seen.add(text);
  });
}

function shownItem(schema: SchemaProps, item: unknown): unknown {
  if (schema['x-kubernetes-list-type'] === 'set' || !isJsonObject(item)) return goSyntaxOf(item);
  const keys = [...(schema['x-kubernetes-list-map-keys'] ?? [])].sort();
  const said = keys.filter((key) => ownField(item, key) !== undefined);
  return goSyntaxOf(Object.fromEntries(said.map((key) => [key, item[key]]))) ?? new GoSyntax('nil');
}
