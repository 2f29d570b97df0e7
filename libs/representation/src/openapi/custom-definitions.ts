import type { ApiSchema, StructuralSchema } from '@shiplog/contracts';
import type { ServedResource } from '../discovery/served';

const META = 'io.k8s.apimachinery.pkg.apis.meta.v1';

/** Of a resource that came at run time: of its objects, with what all objects have, and of a list of them. None of another. */
export function customDefinitions(of: ServedResource, openApi: 'v2' | 'v3'): [string, ApiSchema][] {
  const { stored, definition, listDefinition, group, version, kind, listKind } = of;
  const schema = stored?.version.schema;
  if (schema === undefined || typeof schema === 'string') return [];
  const own = (openApi === 'v2' ? asV2(schema) : schema) as ApiSchema;
  const text = { type: 'string' };
  const object = {
    ...own,
    type: 'object',
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

function ref(name: string): ApiSchema {
  return { $ref: `#/definitions/${name}` };
}

/**
 * What OpenAPI v2, or the kubectl that reads it, can't take is left out: alternatives; the type of what may be null; the fields
 * of what has others too (apiextensions-apiserver's ToStructuralOpenAPIV2).
 */
function asV2(schema: StructuralSchema): StructuralSchema {
  const { oneOf: _oneOf, anyOf: _anyOf, allOf: _allOf, not: _not, nullable, ...rest } = schema;
  const { type, properties, items, additionalProperties, required, ...others } = rest;
  if (nullable === true) return others;
  const typed = type === undefined ? others : { ...others, type };
  const isOpen = schema['x-kubernetes-preserve-unknown-fields'] === true;
  const names = (required as readonly string[] | undefined)?.filter((name) => fieldOf(schema, name)?.nullable !== true);
  return {
    ...typed,
    ...(names === undefined || names.length === 0 ? {} : { required: names }),
    ...(properties === undefined || isOpen ? {} : { properties: eachAsV2(properties) }),
    ...(items === undefined || isOpen ? {} : { items: asV2(items) }),
    ...(typeof additionalProperties === 'object' ? { additionalProperties: asV2(additionalProperties) } : {}),
  };
}

function fieldOf({ properties = {} }: StructuralSchema, name: string): StructuralSchema | undefined {
  return Object.hasOwn(properties, name) ? properties[name] : undefined;
}

function eachAsV2(properties: Readonly<Record<string, StructuralSchema>>): Record<string, StructuralSchema> {
  return Object.fromEntries(Object.entries(properties).map(([name, schema]) => [name, asV2(schema)]));
}
