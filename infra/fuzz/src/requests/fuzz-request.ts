import { stringify } from 'yaml';
import type { Random } from '../../../linearizability/src/random';
import { damaged, mutated } from './mutate';
import { encoded, oddHeader, oddName, oddOption, oddValue, written } from './odd-values';
import { protobufOf } from './protobuf';
import { DEFINITIONS, MADE_GROUP, madeObject, someObject, WRITTEN, type Spoken } from './valid-objects';

/** A request as its bytes go out. Header names and values are bytes, a character each. */
export interface FuzzRequest {
  readonly method: string;
  readonly target: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: Buffer | undefined;
  /** The object that it would write, if it is there; undefined for a request that is not about one. */
  readonly objectPath: string | undefined;
}

export const NAMESPACE = 'fuzz';
const DEFINITION_COLLECTION = `/apis/apiextensions.k8s.io/v1/${DEFINITIONS.split('.')[0]}`;
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'PROPFIND'];
const PATCHES = {
  json: 'application/json-patch+json',
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
  apply: 'application/apply-patch+yaml',
} as const;

/** Where a kind's objects are, in a version of it; those in namespaces are all in that of the fuzz. */
export function collectionOf({ row, version }: Spoken): string {
  const { group, version: name } = version;
  const place = row.namespaced ? `/namespaces/${NAMESPACE}` : '';
  return `${group === '' ? '/api' : `/apis/${group}`}/${name}${place}/${row.plural}`;
}

/** A request of some kind. @param name of an object that nobody else writes @param present names that are there */
export function fuzzRequest(
  random: Random,
  name: string,
  present: (collection: string) => readonly string[],
): FuzzRequest {
  const row = random.pick(WRITTEN);
  const existing = present(collectionOf(row));
  const definitions = present(DEFINITION_COLLECTION);
  const kind = random.weighted([
    [5, 'create'],
    [existing.length > 0 ? 3 : 0, 'replace'],
    [existing.length > 0 ? 4 : 0, 'patch'],
    [existing.length > 0 ? 1 : 0, 'delete'],
    [3, 'read'],
    [2, 'odd'],
    [definitions.length > 0 ? 1 : 0, 'made'],
  ] as const);
  switch (kind) {
    case 'create':
      return create(row, random.chance(0.12) ? oddName(random) : name, random);
    case 'replace':
      return replace(row, random.pick(existing), random);
    case 'patch':
      return patch(row, random.pick(existing), random);
    case 'delete':
      return remove(row, random.pick(existing), random);
    case 'read':
      return read(row, [...existing, name, oddName(random)], random);
    case 'odd':
      return odd(random);
    case 'made':
      return made(random.pick(definitions), name, random);
  }
}

function create(row: Spoken, name: string, random: Random): FuzzRequest {
  const collection = collectionOf(row);
  const object = someObject(row, name, random);
  const wire = protobufOf(object);
  const value = random.chance(0.6) ? mutated(object, random) : object;
  // What a mutation made of the name is where the object would be.
  const at = (value as { metadata?: { name?: unknown } } | null)?.metadata?.name;
  const objectPath = typeof at === 'string' && at !== '' ? `${collection}/${encoded(at)}` : undefined;
  return request('POST', collection, objectPath, { ...bodyOf(value, random, wire), random });
}

function replace(row: Spoken, name: string, random: Random): FuzzRequest {
  const path = `${collectionOf(row)}/${encoded(name)}`;
  const target = random.chance(0.15)
    ? `${path}/${random.pick([...row.version.subresources, 'nothing', '__proto__'])}`
    : path;
  const value = mutated(someObject(row, plainName(name), random), random);
  return request('PUT', target, path, { ...bodyOf(value, random), random });
}

function patch(row: Spoken, name: string, random: Random): FuzzRequest {
  const path = `${collectionOf(row)}/${encoded(name)}`;
  const part = random.chance(0.15) ? `/${random.pick([...row.version.subresources, 'nothing'])}` : '';
  const type = random.pick(['json', 'merge', 'strategic', 'apply'] as const);
  const value = type === 'json' ? jsonPatch(random) : mutated(someObject(row, plainName(name), random), random);
  const manager = random.pick(['?fieldManager=fuzz', '?fieldManager=fuzz&force=true', '?fieldManager=other', '']);
  const body = json(value);
  return request('PATCH', `${path}${part}${type === 'apply' ? manager : ''}`, path, {
    body: random.chance(0.1) ? damaged(body, random) : body,
    type: PATCHES[type],
    random,
  });
}

function jsonPatch(random: Random): unknown {
  const pointer = (): string =>
    random.chance(0.5)
      ? random.pick([
          '',
          '/',
          '/metadata/labels/a',
          '/metadata/labels',
          '/data',
          '/data/a',
          '/spec',
          '/spec/-',
          '/metadata/annotations/x~1y',
        ])
      : `/${oddName(random)}/${oddName(random)}`;
  const operation = (): unknown => ({
    op: random.pick(['add', 'remove', 'replace', 'move', 'copy', 'test', 'constructor', '']),
    path: pointer(),
    from: pointer(),
    value: oddValue(random),
  });
  return random.chance(0.1) ? oddValue(random) : Array.from({ length: random.pick([0, 1, 2, 5, 50]) }, operation);
}

function remove(row: Spoken, name: string, random: Random): FuzzRequest {
  const collection = collectionOf(row);
  const some = `${collection}?labelSelector=${random.pick(['fuzz%3Dno', 'a%3Db,!c', 'a+in+('])}`;
  const path = random.chance(0.85) ? `${collection}/${encoded(name)}` : some;
  const options = { apiVersion: 'v1', kind: 'DeleteOptions', gracePeriodSeconds: 0, preconditions: { uid: 'x' } };
  const body = random.chance(0.5) ? undefined : json(mutated(options, random));
  return request('DELETE', path, undefined, { body, type: 'application/json', random });
}

function read(row: Spoken, names: readonly string[], random: Random): FuzzRequest {
  const collection = collectionOf(row);
  const object = `${collection}/${encoded(random.pick(names))}`;
  const part = (): string => random.pick([...row.version.subresources, 'log', 'scale', 'nothing', '__proto__']);
  const target = random.weighted([
    [4, collection],
    [5, object],
    [1, `${object}/${part()}`],
    [0.5, `${collection}?watch=1&timeoutSeconds=1&resourceVersion=${random.pick(['', '0', '1', '9999999', 'x'])}`],
  ] as const);
  return request('GET', target, undefined, { body: undefined, type: 'application/json', random });
}

/** Any method and path; no watch, which is not meant to end. */
function odd(random: Random): FuzzRequest {
  const parts = [
    'api',
    'apis',
    'v1',
    'namespaces',
    NAMESPACE,
    'pods',
    'configmaps',
    'openapi',
    'v2',
    'v3',
    'version',
    'readyz',
    'healthz',
    '%',
    '%zz',
    '',
  ];
  const part = (): string => (random.chance(0.75) ? random.pick(parts) : encoded(oddName(random)));
  const target = `/${Array.from({ length: random.between(0, 6) }, part).join('/')}`;
  const method = random.pick(METHODS);
  // Nothing here may delete what others work on.
  const harmless = method === 'DELETE' || method === 'PUT' || method === 'PATCH' ? 'GET' : method;
  const body = harmless === 'POST' ? json(oddValue(random)) : undefined;
  return request(harmless, target.replaceAll('watch', 'wotch'), undefined, { body, type: 'application/json', random });
}

/** @param wire the object in protobuf, if that can be */
function bodyOf(value: unknown, random: Random, wire?: Buffer): { body: Buffer; type: string } {
  const as = random.weighted([
    [6, 'json'],
    [2, 'yaml'],
    [wire === undefined ? 0 : 2, 'protobuf'],
    [1, 'damaged'],
  ] as const);
  switch (as) {
    case 'json':
      return { body: json(value), type: 'application/json' };
    case 'yaml':
      return { body: yaml(value), type: 'application/yaml' };
    case 'protobuf':
      return { body: protobuf(wire ?? Buffer.alloc(0), random), type: 'application/vnd.kubernetes.protobuf' };
    case 'damaged':
      return { body: damaged(json(value), random), type: random.pick(['application/json', 'application/yaml']) };
  }
}

function protobuf(wire: Buffer, random: Random): Buffer {
  return random.chance(0.5) ? damaged(wire, random) : wire;
}

/** Of a definition or a server, the part that `nameFor` makes its name of. */
function plainName(name: string): string {
  return name.replace(`.${MADE_GROUP}`, '').replace(/^v1\.(.*)\.example\.com$/, '$1');
}

/** A request about objects of a kind that came at run time. @param definition its name */
function made(definition: string, name: string, random: Random): FuzzRequest {
  const plural = plainName(definition);
  const collection = `/apis/${MADE_GROUP}/v1/namespaces/${NAMESPACE}/${plural}`;
  const path = `${collection}/${name}`;
  const object = madeObject(plural, name, random);
  const value = random.chance(0.5) ? mutated(object, random) : object;
  const body = json(value);
  const type = 'application/json';
  switch (random.pick(['create', 'apply', 'list', 'scale', 'status'] as const)) {
    case 'create':
      return request('POST', collection, undefined, { body, type, random });
    case 'apply':
      return request('PATCH', `${path}?fieldManager=fuzz`, undefined, { body, type: PATCHES.apply, random });
    case 'list':
      return request('GET', collection, undefined, { body: undefined, type, random });
    case 'scale':
      return request('PUT', `${path}/scale`, undefined, { body, type, random });
    case 'status':
      return request('PATCH', `${path}/status`, undefined, { body, type: PATCHES.merge, random });
  }
}

function request(
  method: string,
  target: string,
  objectPath: string | undefined,
  { body, type, random }: { body: Buffer | undefined; type: string; random: Random },
): FuzzRequest {
  const options = random.chance(0.3) ? Array.from({ length: random.between(1, 3) }, () => oddOption(random)) : [];
  const headers: (readonly [string, string])[] = [];
  if (body !== undefined && !random.chance(0.05)) headers.push(['Content-Type', type]);
  if (!random.chance(0.3)) headers.push(['Accept', 'application/json']);
  if (random.chance(0.25)) headers.push(...Array.from({ length: random.between(1, 3) }, () => oddHeader(random)));
  const query = options.length === 0 ? '' : `${target.includes('?') ? '&' : '?'}${options.join('&')}`;
  return { method, target: `${target}${query}`, headers, body, objectPath };
}

function json(value: unknown): Buffer {
  return Buffer.from(written(JSON.stringify(value) ?? 'null'));
}

/** What YAML can't say is said in JSON, which is YAML. */
function yaml(value: unknown): Buffer {
  try {
    return Buffer.from(written(stringify(value, { aliasDuplicateObjects: false })));
  } catch {
    return json(value);
  }
}
