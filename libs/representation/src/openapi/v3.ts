import type { ServedGroupVersion } from '../discovery/served';
import { definitionsText } from './definition-texts';
import { basePath, operationsOf, type Operation, type QueryParameter } from './operations';
import { definitionsOf } from './schemas';

const PATCH_TYPES = [
  'application/json-patch+json',
  'application/merge-patch+json',
  'application/strategic-merge-patch+json',
  'application/apply-patch+yaml',
];

const ref = (definition: string): object => ({ $ref: `#/components/schemas/${definition}` });

/** `api/v1` or `apis/<group>/<version>`: how the index of OpenAPI v3 names a group's document. */
export function openApiName(group: ServedGroupVersion): string {
  return basePath(group).slice(1);
}

/**
 * The OpenAPI v3 document of one group and version, as `kubectl explain` and client-side validation read it: JSON. It is long, so
 * it is made in steps, and whoever makes it may do something else between them.
 */
export function* openApiV3(group: ServedGroupVersion, version: string): Generator<void, string> {
  const schemas = yield* definitionsText(definitionsOf(group, 'v3'), 'v3');
  yield;
  const head = JSON.stringify({ openapi: '3.0.0', info: { title: 'Kubernetes', version } }).slice(0, -1);
  return `${head},"paths":${JSON.stringify(pathsOf(group))},"components":{"schemas":{${schemas}}}}`;
}

/** Where the document of a group is; the hash in the address lets clients cache it for good. */
export function openApiV3Address(name: string, hash: string): string {
  return `/openapi/v3/${name}?hash=${hash}`;
}

/** `/openapi/v3`: where each document is, by their names. */
export function openApiV3Index(hashes: ReadonlyMap<string, string>): unknown {
  const paths = [...hashes].map(([name, hash]) => [name, { serverRelativeURL: openApiV3Address(name, hash) }]);
  return { paths: Object.fromEntries(paths) as unknown };
}

function pathsOf(group: ServedGroupVersion): unknown {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const operation of operationsOf(group)) {
    const item = (paths[operation.path] ??= { parameters: operation.inPath.map(pathParameter) });
    item[operation.method] = operationV3(operation);
  }
  return paths;
}

function operationV3(operation: Operation): unknown {
  const answer =
    operation.answer === undefined
      ? { 'text/plain': { schema: { type: 'string' } } }
      : { 'application/json': { schema: ref(operation.answer) } };
  return {
    parameters: operation.query.map(queryParameter),
    ...(operation.method === 'patch' ? { requestBody: patchBody() } : {}),
    ...(operation.body === undefined
      ? {}
      : { requestBody: { content: { 'application/json': { schema: ref(operation.body) } } } }),
    responses: { '200': { description: 'OK', content: answer }, '401': { description: 'Unauthorized' } },
    'x-kubernetes-action': operation.action,
    'x-kubernetes-group-version-kind': operation.gvk,
  };
}

function patchBody(): unknown {
  const schema = { type: 'object' };
  return { required: true, content: Object.fromEntries(PATCH_TYPES.map((type) => [type, { schema }])) };
}

function pathParameter(name: string): unknown {
  return { name, in: 'path', required: true, schema: { type: 'string', uniqueItems: true } };
}

function queryParameter({ name, type }: QueryParameter): unknown {
  return { name, in: 'query', schema: { type, uniqueItems: true } };
}
