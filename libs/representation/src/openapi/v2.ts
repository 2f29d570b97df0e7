import type { ApiSchema } from '@shiplog/contracts';
import type { ServedApi } from '../discovery/served';
import { operationsOf, type Operation } from './operations';
import { definitionsOf } from './schemas';

export interface OpenApiV2 {
  readonly swagger: '2.0';
  readonly info: { readonly title: string; readonly version: string };
  readonly paths: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly definitions: Readonly<Record<string, ApiSchema>>;
}

const ref = (definition: string): object => ({ $ref: `#/definitions/${definition}` });

/** The whole API as one OpenAPI v2 document. */
export function openApiV2({ groups }: ServedApi, version: string): OpenApiV2 {
  const versions = groups.flatMap((group) => group.versions);
  const definitions = new Map(versions.flatMap((group) => [...definitionsOf(group)]));
  const paths: Record<string, Record<string, unknown>> = {};
  for (const operation of versions.flatMap(operationsOf)) {
    const item = (paths[operation.path] ??= { parameters: operation.inPath.map(pathParameter) });
    item[operation.method] = operationV2(operation);
  }
  return {
    swagger: '2.0',
    info: { title: 'Kubernetes', version },
    paths,
    definitions: Object.fromEntries([...definitions].sort(([a], [b]) => (a < b ? -1 : 1))),
  };
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
