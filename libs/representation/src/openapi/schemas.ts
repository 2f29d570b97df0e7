import { KUBERNETES_API, type ApiSchema } from '@shiplog/contracts';
import type { ServedGroup } from '../discovery/served';

const PREFIX = '#/definitions/';
const META = 'io.k8s.apimachinery.pkg.apis.meta.v1';
/** Named by the operations themselves, so part of every document. */
const ALWAYS = [`${META}.Status`, `${META}.DeleteOptions`, `${META}.WatchEvent`];

/** The definition of a kind, for example `io.k8s.api.autoscaling.v1.Scale`. */
export function definitionOf(group: string, version: string, kind: string): string {
  const gvk = `${group}/${version}/${kind}`;
  const name = byKind.get(gvk);
  if (name === undefined) throw new Error(`the API's metadata does not define ${gvk}`);
  return name;
}

const byKind = new Map<string, string>();
for (const [name, schema] of Object.entries(KUBERNETES_API.definitions)) {
  // Kinds that every group has (DeleteOptions, WatchEvent) belong to none.
  if (name.startsWith(META)) continue;
  for (const gvk of schema['x-kubernetes-group-version-kind'] ?? []) {
    byKind.set(`${gvk.group}/${gvk.version}/${gvk.kind}`, name);
  }
}

/** Every definition that a group's resources, lists and subresources are made of, by name. */
export function definitionsOf(group: ServedGroup): Map<string, ApiSchema> {
  const found = new Map<string, ApiSchema>();
  for (const item of group.resources) {
    collect(definitionOf(item.group, item.version, item.kind), found);
    if (item.row !== undefined) collect(definitionOf(item.group, item.version, `${item.kind}List`), found);
    for (const sub of item.subresources) collect(definitionOf(sub.group, sub.version, sub.kind), found);
  }
  for (const name of ALWAYS) collect(name, found);
  return new Map([...found].sort(([a], [b]) => (a < b ? -1 : 1)));
}

function collect(name: string, found: Map<string, ApiSchema>): void {
  const schema = KUBERNETES_API.definitions[name];
  if (schema === undefined || found.has(name)) return;
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
