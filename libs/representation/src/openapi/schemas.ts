import { KUBERNETES_API, type ApiSchema, type StructuralSchema } from '@shiplog/contracts';
import type { ServedGroupVersion, ServedResource } from '../discovery/served';

const PREFIX = '#/definitions/';
const META = 'io.k8s.apimachinery.pkg.apis.meta.v1';
/** Named by the operations themselves, so part of every document. */
const ALWAYS = [`${META}.Status`, `${META}.DeleteOptions`, `${META}.WatchEvent`];

/** Every definition that a group's resources, lists and subresources are made of, by name. */
export function definitionsOf({ resources }: ServedGroupVersion): Map<string, ApiSchema> {
  const found = new Map<string, ApiSchema>();
  for (const item of resources) for (const [name, schema] of customDefinitions(item)) add(name, schema, found);
  for (const item of resources) {
    collect(item.definition, found);
    if (item.verbs.includes('list')) collect(item.listDefinition, found);
    for (const { definition } of item.subresources) collect(definition, found);
  }
  for (const name of ALWAYS) collect(name, found);
  return new Map([...found].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Of a resource that came at run time: of its objects, with what all objects have, and of a list of them. */
function customDefinitions({ stored, definition, listDefinition, ...item }: ServedResource): [string, ApiSchema][] {
  const schema = stored?.version.schema;
  if (schema === undefined || typeof schema === 'string') return [];
  const { group, version, kind, listKind } = item;
  const text = { type: 'string' };
  const ref = (name: string): ApiSchema => ({ $ref: `${PREFIX}${name}` });
  const own = publishable(schema);
  const object = {
    ...own,
    properties: { ...own.properties, apiVersion: text, kind: text, metadata: ref(`${META}.ObjectMeta`) },
    'x-kubernetes-group-version-kind': [{ group, version, kind }],
  };
  const list = {
    type: 'object',
    required: ['items'],
    properties: {
      apiVersion: text,
      kind: text,
      metadata: ref(`${META}.ListMeta`),
      items: { type: 'array', items: ref(definition) },
    },
    'x-kubernetes-group-version-kind': [{ group, version, kind: listKind }],
  };
  return [
    [definition, object],
    [listDefinition, list],
  ];
}

/** What OpenAPI v2 can't say of a schema is left out, as Kubernetes does: clients read the rest. */
function publishable(schema: StructuralSchema): ApiSchema {
  const { oneOf: _oneOf, anyOf: _anyOf, allOf: _allOf, not: _not, nullable: _nullable, ...rest } = schema;
  const { properties, items, additionalProperties, ...said } = rest;
  return {
    ...said,
    ...(properties === undefined ? {} : { properties: mapped(properties) }),
    ...(items === undefined ? {} : { items: publishable(items) }),
    ...(typeof additionalProperties === 'object' ? { additionalProperties: publishable(additionalProperties) } : {}),
  } as ApiSchema;
}

function mapped(properties: Readonly<Record<string, StructuralSchema>>): Record<string, ApiSchema> {
  return Object.fromEntries(Object.entries(properties).map(([name, schema]) => [name, publishable(schema)]));
}

function collect(name: string, found: Map<string, ApiSchema>): void {
  const schema = KUBERNETES_API.definitions[name];
  if (schema !== undefined) add(name, schema, found);
}

function add(name: string, schema: ApiSchema, found: Map<string, ApiSchema>): void {
  if (found.has(name)) return;
  found.set(name, schema);
  for (const ref of refsOf(schema)) collect(ref, found);
}

function refsOf(schema: ApiSchema): string[] {
  if (schema.$ref !== undefined) return [schema.$ref.slice(PREFIX.length)];
  const parts = [...Object.values(schema.properties ?? {}), schema.items, schema.additionalProperties];
  return parts.flatMap((part) => (part === undefined ? [] : refsOf(part)));
}

/** An OpenAPI v2 schema as OpenAPI v3 has it: references point elsewhere, and alternatives can be said. */
export function toV3(name: string, schema: ApiSchema): unknown {
  if (name.endsWith('.IntOrString')) {
    return { oneOf: [{ type: 'integer' }, { type: 'string' }], format: 'int-or-string' };
  }
  if (name.endsWith('.Quantity')) return { oneOf: [{ type: 'string' }, { type: 'number' }] };
  return convert(schema);
}

function convert(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(convert);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) =>
      key === '$ref' && typeof inner === 'string'
        ? [key, inner.replace(PREFIX, '#/components/schemas/')]
        : [key, convert(inner)],
    ),
  );
}
