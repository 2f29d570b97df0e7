import { KUBERNETES_API, type ApiSchema } from '@shiplog/contracts';
import type { ServedGroupVersion } from '../discovery/served';
import { customDefinitions } from './custom-definitions';

const PREFIX = '#/definitions/';
const META = 'io.k8s.apimachinery.pkg.apis.meta.v1';

/** Named by the operations themselves, so part of every document. */
const ALWAYS = [`${META}.Status`, `${META}.DeleteOptions`, `${META}.WatchEvent`];

/** Definitions by name, in the order of names. */
export type Definitions = ReadonlyMap<string, ApiSchema>;

const made = { v2: new WeakMap<ServedGroupVersion, Definitions>(), v3: new WeakMap<ServedGroupVersion, Definitions>() };

/**
 * Every definition that a group's resources, lists and subresources are made of, without descriptions. What came at run time is
 * as that version of OpenAPI can say it. Made once for each group.
 */
export function definitionsOf(group: ServedGroupVersion, openApi: 'v2' | 'v3'): Definitions {
  let found = made[openApi].get(group);
  if (found === undefined) made[openApi].set(group, (found = collectAll(group, openApi)));
  return found;
}

function collectAll({ resources }: ServedGroupVersion, openApi: 'v2' | 'v3'): Definitions {
  const found = new Map<string, ApiSchema>();
  for (const item of resources) for (const [name, schema] of customDefinitions(item, openApi)) add(name, schema, found);
  for (const item of resources) {
    collect(item.definition, found);
    if (item.verbs.includes('list')) collect(item.listDefinition, found);
    for (const { definition } of item.subresources) collect(definition, found);
  }
  for (const name of ALWAYS) collect(name, found);
  return new Map([...found].sort(([a], [b]) => (a < b ? -1 : 1)));
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

/** The names of the definitions that a schema refers to. */
export function refsOf(schema: ApiSchema): string[] {
  if (schema.$ref !== undefined) return [schema.$ref.slice(PREFIX.length)];
  const parts = [...Object.values(schema.properties ?? {}), schema.items, schema.additionalProperties];
  return parts.flatMap((part) => (typeof part === 'object' ? refsOf(part) : []));
}
