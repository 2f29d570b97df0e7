import type { Problems } from '@shiplog/apimachinery';
import { additionalOf, itemsOf, type SchemaProps } from './types';

const TYPES = ['array', 'boolean', 'integer', 'number', 'object', 'string'];
const META_FIELDS = ['metadata', 'kind', 'apiVersion'];
const LIST_TYPE = 'x-kubernetes-list-type';
const MAP_TYPE = 'x-kubernetes-map-type';
const MAP_KEYS = 'x-kubernetes-list-map-keys';

/** What is known of the place of a schema within that of its resource. */
export interface SchemaPlace {
  readonly at: string;
  readonly isRoot: boolean;
  /** Within what every object has: kind, apiVersion, metadata. */
  readonly inMeta: boolean;
  /** Why defaults are not allowed here. */
  readonly noDefaults?: string;
}

/** Keywords of JSON schema that Kubernetes has not. */
const UNSUPPORTED = ['id', 'additionalItems', 'patternProperties', 'definitions', 'dependencies', '$ref'] as const;

/** What a schema may say, keyword by keyword (ValidateCustomResourceDefinitionOpenAPISchema). */
export function validateSchema(schema: SchemaProps, place: SchemaPlace, problems: Problems): void {
  validateKeywords(schema, place, problems);
  validateParts(schema, place, problems);
  if (schema['x-kubernetes-preserve-unknown-fields'] === false) {
    problems.invalid(`${place.at}.x-kubernetes-preserve-unknown-fields`, false, 'must be true or undefined');
  }
  validateTopology(schema, place.at, problems);
}

function validateKeywords(schema: SchemaProps, { at, inMeta, noDefaults }: SchemaPlace, problems: Problems): void {
  const { type = '' } = schema;
  if (type !== '' && !TYPES.includes(type)) problems.notSupported(`${at}.type`, type, TYPES);
  if (schema.default !== undefined && noDefaults !== undefined) {
    problems.forbidden(`${at}.default`, `must not be set ${noDefaults}`);
  }
  for (const keyword of UNSUPPORTED) {
    if (schema[keyword] !== undefined) problems.forbidden(`${at}.${keyword}`, `${keyword} is not supported`);
  }
  if (type === 'null') problems.forbidden(`${at}.type`, 'type cannot be set to null, use nullable as an alternative');
  if (Array.isArray(schema.items)) {
    problems.forbidden(`${at}.items`, 'items must be a schema object and not an array');
  }
  if (inMeta && schema['x-kubernetes-embedded-resource'] === true) {
    problems.forbidden(`${at}.x-kubernetes-embedded-resource`, 'must not be used inside of resource meta');
  }
  if (schema.uniqueItems === true) {
    const detail = 'uniqueItems cannot be set to true since the runtime complexity becomes quadratic';
    problems.forbidden(`${at}.uniqueItems`, detail);
  }
}

function validateParts(schema: SchemaProps, place: SchemaPlace, problems: Problems): void {
  const { at, inMeta } = place;
  const below: SchemaPlace = { ...place, isRoot: false };
  const visit = (part: SchemaProps, where: string, within = below): void =>
    validateSchema(part, { ...within, at: `${at}.${where}` }, problems);
  const { properties = {}, additionalProperties } = schema;
  const additional = additionalOf(schema);
  if (Object.keys(properties).length > 0 && (additionalProperties === false || additional !== undefined)) {
    const detail = 'additionalProperties and properties are mutual exclusive';
    problems.forbidden(`${at}.additionalProperties`, detail);
  }
  if (additional !== undefined) {
    const noDefaults = inMeta ? 'inside additionalProperties applying to object metadata' : below.noDefaults;
    visit(additional, 'additionalProperties', { ...below, noDefaults });
  }
  for (const [name, property] of Object.entries(properties)) {
    visit(property, `properties[${name}]`, placeOfProperty(schema, name, place, below));
  }
  if (schema.not !== undefined) visit(schema.not, 'not');
  for (const junctor of ['allOf', 'oneOf', 'anyOf'] as const) {
    schema[junctor]?.forEach((part, i) => visit(part, `${junctor}[${i}]`));
  }
  const items = itemsOf(schema);
  if (items !== undefined) visit(items, 'items');
}

function placeOfProperty(schema: SchemaProps, name: string, { isRoot }: SchemaPlace, below: SchemaPlace): SchemaPlace {
  const isMeta = (isRoot || schema['x-kubernetes-embedded-resource'] === true) && META_FIELDS.includes(name);
  if (!isMeta) return below;
  return { ...below, inMeta: true, noDefaults: isRoot ? `in top-level ${name}` : below.noDefaults };
}

function validateTopology(schema: SchemaProps, at: string, problems: Problems): void {
  const { [MAP_TYPE]: mapType, [LIST_TYPE]: listType, [MAP_KEYS]: keys = [] } = schema;
  if (mapType !== undefined) {
    mustBeOfType(schema, 'object', MAP_TYPE, at, problems);
    problems.unlessOneOf(`${at}.${MAP_TYPE}`, mapType, ['atomic', 'granular']);
  }
  if (listType !== undefined) {
    mustBeOfType(schema, 'array', LIST_TYPE, at, problems);
    if (listType === 'set' && schema.type === 'array') validateSetItems(itemsOf(schema), at, problems);
    problems.unlessOneOf(`${at}.${LIST_TYPE}`, listType, ['atomic', 'set', 'map']);
  }
  if (keys.length > 0 && listType !== 'map') {
    const detail = `must be map if ${MAP_KEYS} is non-empty`;
    if (listType === undefined) problems.required(`${at}.${LIST_TYPE}`, detail);
    else problems.invalid(`${at}.${LIST_TYPE}`, listType, detail);
  }
  if (listType === 'map') validateMapList(schema, keys, at, problems);
  if (listType === 'map' || listType === 'set') validateKeyedItems(schema, listType, keys, at, problems);
}

function mustBeOfType(schema: SchemaProps, type: string, keyword: string, at: string, problems: Problems): void {
  if (schema.type === type) return;
  const detail = `must be ${type} if ${keyword} is specified`;
  if ((schema.type ?? '') === '') problems.required(`${at}.type`, detail);
  else problems.invalid(`${at}.type`, schema.type, detail);
}

/** Items of a set are told apart as wholes, so nothing may own a part of one. */
function validateSetItems(items: SchemaProps | undefined, at: string, problems: Problems): void {
  const detail = `must be atomic as item of a list with ${LIST_TYPE}=set`;
  if (items?.type === 'array' && (items[LIST_TYPE] ?? 'atomic') !== 'atomic') {
    problems.invalid(`${at}.items.${LIST_TYPE}`, items[LIST_TYPE], detail);
  }
  if (items?.type === 'object' && items[MAP_TYPE] !== 'atomic') {
    problems.invalid(`${at}.items.${MAP_TYPE}`, items[LIST_TYPE] ?? 'null', detail);
  }
}

function validateMapList(schema: SchemaProps, keys: readonly string[], at: string, problems: Problems): void {
  if (keys.length === 0) problems.required(`${at}.${MAP_KEYS}`, `must not be empty if ${LIST_TYPE} is map`);
  if (schema.items === undefined) problems.required(`${at}.items`, `must have a schema if ${LIST_TYPE} is map`);
  const items = itemsOf(schema);
  if (items === undefined) return;
  if (items.type !== 'object') {
    const detail = `must be object if parent array's ${LIST_TYPE} is map`;
    return problems.invalid(`${at}.items.type`, items.type ?? '', detail);
  }
  const seen = new Set<string>();
  for (const key of keys) {
    const property = Object.hasOwn(items.properties ?? {}, key) ? items.properties?.[key] : undefined;
    if (property === undefined) {
      problems.invalid(`${at}.${MAP_KEYS}`, keys, 'entries must all be names of item properties');
    } else if (property.type === 'array' || property.type === 'object') {
      const detail = `must be a scalar type if parent array's ${LIST_TYPE} is map`;
      problems.invalid(`${at}.items.properties[${key}].type`, items.type, detail);
    }
    if (seen.has(key)) problems.invalid(`${at}.${MAP_KEYS}`, keys, 'must not contain duplicate entries');
    seen.add(key);
  }
}

function validateKeyedItems(
  schema: SchemaProps,
  listType: string,
  keys: readonly string[],
  at: string,
  problems: Problems,
): void {
  const items = itemsOf(schema);
  if (items === undefined) return;
  if (items.nullable === true) {
    problems.forbidden(`${at}.items.nullable`, `cannot be nullable when ${LIST_TYPE} is ${listType}`);
  }
  if (listType !== 'map') return;
  const required = new Set(items.required);
  for (const key of keys) {
    const property = Object.hasOwn(items.properties ?? {}, key) ? items.properties?.[key] : undefined;
    if (property === undefined) continue;
    const where = `${at}.items.properties[${key}]`;
    if (!required.has(key) && property.default === undefined) {
      const detail = `this property is in ${MAP_KEYS}, so it must have a default or be a required property`;
      problems.required(`${where}.default`, detail);
    }
    if (property.nullable === true) {
      problems.forbidden(`${where}.nullable`, `this property is in ${MAP_KEYS}, so it cannot be nullable`);
    }
  }
}
