import type { ServedGroupVersion, ServedResource } from '../discovery/served';

/** One thing that can be asked of one path, whatever version of OpenAPI says it. */
export interface Operation {
  readonly path: string;
  readonly method: 'get' | 'post' | 'put' | 'patch' | 'delete';
  /** As `x-kubernetes-action` has it. */
  readonly action: string;
  readonly gvk: { group: string; version: string; kind: string };
  readonly query: readonly QueryParameter[];
  /** Names in the path: namespace, name. */
  readonly inPath: readonly string[];
  /** Definition of the body, if it has one. */
  readonly body?: string;
  /** Definition of the answer; absent for a log, which is text, and for what one connects to. */
  readonly answer?: string;
}

export interface QueryParameter {
  readonly name: string;
  readonly type: 'string' | 'integer' | 'boolean';
}

const text = (name: string): QueryParameter => ({ name, type: 'string' });
const whole = (name: string): QueryParameter => ({ name, type: 'integer' });
const yesNo = (name: string): QueryParameter => ({ name, type: 'boolean' });

const PRETTY = [text('pretty')];
const WRITE = [...PRETTY, text('dryRun'), text('fieldManager'), text('fieldValidation')];
const LIST = [
  ...PRETTY,
  yesNo('allowWatchBookmarks'),
  text('continue'),
  text('fieldSelector'),
  text('labelSelector'),
  whole('limit'),
  text('resourceVersion'),
  text('resourceVersionMatch'),
  yesNo('sendInitialEvents'),
  whole('timeoutSeconds'),
  yesNo('watch'),
];
const DELETE = [
  ...PRETTY,
  text('dryRun'),
  whole('gracePeriodSeconds'),
  yesNo('orphanDependents'),
  text('propagationPolicy'),
];
const LOG = [
  ...PRETTY,
  text('container'),
  yesNo('follow'),
  whole('limitBytes'),
  yesNo('previous'),
  whole('sinceSeconds'),
  text('sinceTime'),
  whole('tailLines'),
  yesNo('timestamps'),
];

const META = 'io.k8s.apimachinery.pkg.apis.meta.v1';
const STATUS = `${META}.Status`;
const DELETE_OPTIONS = `${META}.DeleteOptions`;

const STREAMS = [text('container'), yesNo('stderr'), yesNo('stdin'), yesNo('stdout'), yesNo('tty')];
/** What one connects to, by the subresource's name. */
const CONNECT: Readonly<Partial<Record<string, readonly QueryParameter[]>>> = {
  attach: STREAMS,
  exec: [text('command'), ...STREAMS],
  portforward: [whole('ports')],
  proxy: [text('path')],
};

/** `/api/v1` or `/apis/<group>/<version>`. */
export function basePath({ group, version }: { group: string; version: string }): string {
  return group === '' ? `/api/${version}` : `/apis/${group}/${version}`;
}

/** Every operation of a version of a group, from its served verbs. */
export function operationsOf(group: ServedGroupVersion): Operation[] {
  return group.resources.flatMap((item) => [...resourceOperations(item), ...subresourceOperations(item)]);
}

function resourceOperations(item: ServedResource): Operation[] {
  const all = `${basePath(item)}/${item.plural}`;
  const collection = item.namespaced ? `${basePath(item)}/namespaces/{namespace}/${item.plural}` : all;
  const inPath = item.namespaced ? ['namespace'] : [];
  const gvk = { group: item.group, version: item.version, kind: item.kind };
  const self = item.definition;
  const offers = (verb: string): boolean => item.verbs.includes(verb);
  const found: Operation[] = [];
  if (offers('list')) {
    const read = { method: 'get', action: 'list', gvk, query: LIST, answer: item.listDefinition } as const;
    found.push({ ...read, path: collection, inPath });
    if (item.namespaced) found.push({ ...read, path: all, inPath: [] });
  }
  const collectionPart = { path: collection, gvk, inPath };
  if (offers('create')) {
    found.push({ ...collectionPart, method: 'post', action: 'post', query: WRITE, body: self, answer: self });
  }
  if (offers('deletecollection')) {
    const query = [...DELETE, ...LIST.slice(PRETTY.length)];
    found.push({
      ...collectionPart,
      method: 'delete',
      action: 'deletecollection',
      query,
      body: DELETE_OPTIONS,
      answer: STATUS,
    });
  }
  const ofObject = { path: `${collection}/{name}`, inPath: [...inPath, 'name'], gvk };
  const deleted = item.stored?.row.returnedWhenDeleted === true ? self : STATUS;
  return [...found, ...itemOperations(ofObject, self, item.verbs, deleted)];
}

function subresourceOperations(item: ServedResource): Operation[] {
  const collection = item.namespaced
    ? `${basePath(item)}/namespaces/{namespace}/${item.plural}`
    : `${basePath(item)}/${item.plural}`;
  const inPath = item.namespaced ? ['namespace', 'name'] : ['name'];
  return item.subresources.flatMap((sub) => {
    const path = `${collection}/{name}/${sub.name}`;
    const gvk = { group: sub.group, version: sub.version, kind: sub.kind };
    if (sub.name === 'log') return [{ path, method: 'get', action: 'get', gvk, query: LOG, inPath } as const];
    const query = CONNECT[sub.name];
    if (query !== undefined) return connectOperations({ path, inPath, gvk, query }, sub.name === 'proxy');
    return itemOperations({ path, inPath, gvk }, sub.definition, sub.verbs);
  });
}

function connectOperations(at: Pick<Operation, 'path' | 'inPath' | 'gvk' | 'query'>, byAny: boolean): Operation[] {
  const methods = byAny ? (['get', 'post', 'put', 'patch', 'delete'] as const) : (['get', 'post'] as const);
  return methods.map((method) => ({ ...at, method, action: 'connect' }));
}

function itemOperations(
  at: Pick<Operation, 'path' | 'inPath' | 'gvk'>,
  self: string,
  verbs: readonly string[],
  deleted = STATUS,
): Operation[] {
  const part = { ...at, answer: self };
  const found: Operation[] = [];
  if (verbs.includes('get')) found.push({ ...part, method: 'get', action: 'get', query: PRETTY });
  // Of a single object only its subresources are created, never the object itself.
  if (verbs.includes('create') && !at.path.endsWith('{name}')) {
    found.push({ ...part, method: 'post', action: 'post', query: WRITE, body: self });
  }
  if (verbs.includes('update')) found.push({ ...part, method: 'put', action: 'put', query: WRITE, body: self });
  if (verbs.includes('patch')) {
    found.push({ ...part, method: 'patch', action: 'patch', query: [...WRITE, yesNo('force')] });
  }
  if (verbs.includes('delete')) {
    found.push({ ...part, method: 'delete', action: 'delete', query: DELETE, body: DELETE_OPTIONS, answer: deleted });
  }
  return found;
}
