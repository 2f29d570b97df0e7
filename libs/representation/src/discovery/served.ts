import { KUBERNETES_API, RESOURCES, type ApiResource, type ResourceRow } from '@shiplog/contracts';

/** A subresource as it is served. */
export interface ServedSubresource {
  readonly name: string;
  readonly kind: string;
  readonly group: string;
  readonly version: string;
  readonly verbs: readonly string[];
}

/** A resource as it is served: a stored row, or one that only takes requests (bindings). */
export interface ServedResource {
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly singular: string;
  readonly kind: string;
  readonly namespaced: boolean;
  readonly verbs: readonly string[];
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly subresources: readonly ServedSubresource[];
  /** The row of the store; absent for `bindings`, which stores nothing of its own. */
  readonly row?: ResourceRow;
}

const metadata = new Map(
  KUBERNETES_API.resources.map((item) => [key(item.group, item.version, item.resource, item.subresource), item]),
);

/** Everything the API serves, in the order of discovery: from the rows of contracts and the API's own metadata. */
export const SERVED: readonly ServedResource[] = [...RESOURCES.map(serve), bindings()];

/** A group with its one served version. */
export interface ServedGroup {
  readonly group: string;
  readonly version: string;
  readonly resources: readonly ServedResource[];
}

/** The groups served: core ('') first. */
export const GROUPS: readonly ServedGroup[] = [...new Set(SERVED.map((item) => item.group))].map((group) => {
  const resources = SERVED.filter((item) => item.group === group);
  return { group, version: resources[0]?.version ?? 'v1', resources };
});

function serve(row: ResourceRow): ServedResource {
  const about = lookUp(row.group, row.version, row.plural);
  return {
    group: row.group,
    version: row.version,
    plural: row.plural,
    singular: row.kind.toLowerCase(),
    kind: row.kind,
    namespaced: row.namespaced,
    verbs: about.verbs,
    shortNames: about.shortNames ?? [],
    categories: about.categories ?? [],
    subresources: row.subresources.map((name) => subresource(row, name)),
    row,
  };
}

function subresource(row: ResourceRow, name: string): ServedSubresource {
  const about = lookUp(row.group, row.version, row.plural, name);
  return {
    name,
    kind: about.kind,
    group: about.kindGroup ?? row.group,
    version: about.kindVersion ?? row.version,
    verbs: about.verbs,
  };
}

function bindings(): ServedResource {
  const about = lookUp('', 'v1', 'bindings');
  return {
    group: '',
    version: 'v1',
    plural: 'bindings',
    singular: 'binding',
    kind: about.kind,
    namespaced: true,
    verbs: about.verbs,
    shortNames: [],
    categories: [],
    subresources: [],
  };
}

function lookUp(group: string, version: string, resource: string, sub?: string): ApiResource {
  const found = metadata.get(key(group, version, resource, sub));
  if (found === undefined) throw new Error(`the API's metadata has no ${key(group, version, resource, sub)}`);
  return found;
}

function key(group: string, version: string, resource: string, sub = ''): string {
  return [group, version, resource, sub].join('/');
}
