import { apiVersionOf, RESOURCES, type ResourceRow, type ResourceVersion } from '@shiplog/contracts';
import { readManifests, type Manifest } from '@shiplog/testing';
import fc from 'fast-check';
import { anyObject } from '../../../../libs/apimachinery/src/testing/any-object';
import type { Random } from '../../../linearizability/src/random';
import { oddValue } from './odd-values';

export type Row = (typeof RESOURCES)[number];
export interface SomeObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly [field: string]: unknown };
  readonly [field: string]: unknown;
}

/** A kind in one of the versions in which requests can use it. */
export interface Spoken {
  readonly row: Row;
  readonly version: ResourceVersion;
}

/** Whose names say what is in them: of definitions, and of what other servers answer. */
export const DEFINITIONS = 'customresourcedefinitions.apiextensions.k8s.io';
const SERVERS = 'apiservices.apiregistration.k8s.io';
/** Of the kinds that definitions made here define. */
export const MADE_GROUP = 'fuzz.example.com';

/** Every kind that is written, in each of its versions: namespaces have effects of their own that outlast a run. */
export const WRITTEN: readonly Spoken[] = RESOURCES.filter(({ id }) => id !== 'namespaces').flatMap((row) =>
  (row as ResourceRow).versions.filter(({ served }) => served).map((version) => ({ row, version })),
);

const byKind = new Map<string, Manifest[]>();
for (const manifest of readManifests()) {
  const key = `${manifest.apiVersion} ${manifest.kind}`;
  const plain = JSON.parse(JSON.stringify(manifest)) as Manifest;
  byKind.set(key, [...(byKind.get(key) ?? []), plain]);
}

/** The name that an object of a kind may have. @param name a plain one */
export function nameFor({ id }: Row, name: string): string {
  if (id === DEFINITIONS) return `${name}.${MADE_GROUP}`;
  return id === SERVERS ? `v1.${name}.example.com` : name;
}

/** An object of a resource: half the time as a careful client writes it, else well-typed and full of odd values. */
export function someObject({ row, version }: Spoken, name: string, random: Random): SomeObject {
  const labels = { fuzz: 'yes', ...(random.chance(0.1) ? { app: 'web' } : {}) };
  const metadata = { name: nameFor(row, name), labels, annotations: { note: 'x' } };
  const frame = { apiVersion: apiVersionOf(version), kind: row.kind, metadata };
  const manifests = byKind.get(`${frame.apiVersion} ${row.kind}`) ?? [];
  if (random.chance(0.5) && manifests.length > 0)
    return { ...named(row, random.pick(manifests), name), ...frame } as SomeObject;
  const [content = {}] = fc.sample(anyObject(row.id), { numRuns: 1, seed: random.between(0, 2 ** 31) });
  return { ...frame, ...content, metadata };
}

/** What a manifest says of its own name, said of another. */
function named(row: Row, manifest: Manifest, name: string): Manifest {
  const { spec } = manifest as { spec?: object };
  if (row.id === SERVERS) return { ...manifest, spec: { ...spec, group: `${name}.example.com`, version: 'v1' } };
  if (row.id !== DEFINITIONS) return manifest;
  const names = { plural: name, singular: name, kind: kindOf(name), listKind: `${kindOf(name)}List` };
  return { ...manifest, spec: { ...spec, group: MADE_GROUP, names } };
}

function kindOf(plural: string): string {
  return `K${plural.replaceAll('-', '')}`;
}

/** An object of a kind that a definition made here defines. @param plural the kind's, which is the definition's own name */
export function madeObject(plural: string, name: string, random: Random): SomeObject {
  const spec = random.chance(0.7) ? { schedule: '@daily', copies: random.between(-1, 3) } : oddValue(random);
  return { apiVersion: `${MADE_GROUP}/v1`, kind: kindOf(plural), metadata: { name, labels: { fuzz: 'yes' } }, spec };
}
