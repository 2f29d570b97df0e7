import { dns1035Label, isJsonObject, type Problems } from '@shiplog/apimachinery';
import { additionalOf, itemsOf, type SchemaProps } from '../definitions/types';
import { child } from './values';
import type { Walk } from './walk';

const known = new WeakMap<SchemaProps, boolean>();

/** Whether any value of a schema is an object of the API. */
function hasEmbedded(schema: SchemaProps): boolean {
  let has = known.get(schema);
  if (has === undefined) {
    const parts = [...Object.values(schema.properties ?? {}), itemsOf(schema), additionalOf(schema)];
    has =
      schema['x-kubernetes-embedded-resource'] === true ||
      parts.some((part) => part !== undefined && hasEmbedded(part));
    known.set(schema, has);
  }
  return has;
}

/** That embedded objects say of which kind they are (structural/objectmeta/validation.go in apiextensions). */
export function validateEmbedded(schema: SchemaProps, value: unknown, at: string, walk: Walk): void {
  if (!hasEmbedded(schema) || !walk.spend(1)) return;
  if (Array.isArray(value)) {
    const items = itemsOf(schema);
    if (items !== undefined) value.forEach((item, i) => validateEmbedded(items, item, `${at}[${i}]`, walk));
  } else if (isJsonObject(value)) {
    if (schema['x-kubernetes-embedded-resource'] === true) validateIdentity(value, at, walk.problems);
    const { properties = {} } = schema;
    const additional = additionalOf(schema);
    for (const name of Object.keys(value)) {
      const of = Object.hasOwn(properties, name) ? properties[name] : additional;
      if (of !== undefined) validateEmbedded(of, value[name], child(at, name), walk);
    }
  }
}

function validateIdentity({ apiVersion, kind }: Record<string, unknown>, at: string, problems: Problems): void {
  if (isText(apiVersion, child(at, 'apiVersion'), problems) && apiVersion.split('/').length > 2) {
    const detail = `unexpected GroupVersion string: ${apiVersion}`;
    problems.invalid(child(at, 'apiVersion'), apiVersion, detail);
  }
  if (!isText(kind, child(at, 'kind'), problems)) return;
  const wrong = dns1035Label(kind.toLowerCase());
  if (wrong.length === 0) return;
  const detail = `may have mixed case, but should otherwise match: ${wrong.join(',')}`;
  problems.invalid(child(at, 'kind'), kind, detail);
}

function isText(value: unknown, at: string, problems: Problems): value is string {
  if (value === undefined) problems.required(at, 'must not be empty');
  else if (value === '') problems.invalid(at, value, 'must not be empty');
  return typeof value === 'string' && value !== '';
}
