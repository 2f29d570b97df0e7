import type { ServedApi, ServedGroupVersion } from '../discovery/served';
import { definitionsText } from './definition-texts';
import { operationsOf, type Operation } from './operations';
import { definitionsOf, type Definitions } from './schemas';

const ref = (definition: string): object => ({ $ref: `#/definitions/${definition}` });

/**
 * The whole API as one OpenAPI v2 document: JSON. Made in steps, as that of a group is. What a group adds to it is kept as long as the group is the same.
 */
export function* openApiV2({ groups }: ServedApi, version: string): Generator<void, string> {
  const paths: string[] = [];
  for (const group of groups.flatMap((item) => item.versions)) {
    paths.push(pathsText(group));
    yield* definitionsText(definitionsOf(group, 'v2'), 'v2');
    yield;
  }
  const head = JSON.stringify({ swagger: '2.0', info: { title: 'Kubernetes', version } }).slice(0, -1);
  const definitions = yield* definitionsText(allDefinitions({ groups }), 'v2');
  return `${head},"paths":{${paths.filter((text) => text !== '').join(',')}},"definitions":{${definitions}}}`;
}

/** The definitions of all groups, in the order of their names. Of two of a name it is the one of the group that comes first. */
export function allDefinitions({ groups }: Pick<ServedApi, 'groups'>): Definitions {
  const versions = groups.flatMap((group) => group.versions);
  const all = new Map([...versions].reverse().flatMap((group) => [...definitionsOf(group, 'v2')]));
  return new Map([...all].sort(([a], [b]) => (a < b ? -1 : 1)));
}

const made = new WeakMap<ServedGroupVersion, string>();

/** The fields of `paths` that are a group's. */
function pathsText(group: ServedGroupVersion): string {
  let text = made.get(group);
  if (text === undefined) made.set(group, (text = JSON.stringify(pathsOf(group)).slice(1, -1)));
  return text;
}

function pathsOf(group: ServedGroupVersion): unknown {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const operation of operationsOf(group)) {
    const item = (paths[operation.path] ??= { parameters: operation.inPath.map(pathParameter) });
    item[operation.method] = operationV2(operation);
  }
  return paths;
}

function operationV2(operation: Operation): unknown {
  const body = operation.body === undefined ? { type: 'object' } : ref(operation.body);
  const takesBody = operation.body !== undefined || operation.method === 'patch';
  return {
    consumes: ['*/*'],
    produces: [operation.answer === undefined ? 'text/plain' : 'application/json'],
    parameters: [
      ...operation.query.map(({ name, type }) => ({ name, in: 'query', type, uniqueItems: true })),
      ...(takesBody ? [{ name: 'body', in: 'body', schema: body }] : []),
    ],
    responses: {
      '200': { description: 'OK', schema: operation.answer === undefined ? { type: 'string' } : ref(operation.answer) },
      '401': { description: 'Unauthorized' },
    },
    'x-kubernetes-action': operation.action,
    'x-kubernetes-group-version-kind': operation.gvk,
  };
}

function pathParameter(name: string): unknown {
  return { name, in: 'path', required: true, type: 'string', uniqueItems: true };
}
