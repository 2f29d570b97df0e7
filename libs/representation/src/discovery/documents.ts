import type { ServedApi, ServedGroup, ServedGroupVersion, ServedResource } from './served';

/** `/api`: the versions of the core group. `address` is host:port as clients reach the server. */
export function coreVersions(address: string): unknown {
  return {
    kind: 'APIVersions',
    versions: ['v1'],
    serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress: address }],
  };
}

/** `/apis`: every named group. */
export function groupList(api: ServedApi): unknown {
  const groups = api.groups.filter((item) => item.group !== '').map(groupDocument);
  return { kind: 'APIGroupList', apiVersion: 'v1', groups };
}

/** `/apis/<group>`. */
export function apiGroup(group: ServedGroup): unknown {
  return { kind: 'APIGroup', apiVersion: 'v1', ...groupDocument(group) };
}

function groupDocument({ group, versions }: ServedGroup): object {
  const all = versions.map(({ version }) => ({ groupVersion: `${group}/${version}`, version }));
  return { name: group, versions: all, preferredVersion: all[0] };
}

/** `/api/v1` and `/apis/<group>/<version>`: each resource, then each of its subresources. */
export function resourceList({ group, version, resources }: ServedGroupVersion): unknown {
  return {
    kind: 'APIResourceList',
    apiVersion: 'v1',
    groupVersion: group === '' ? version : `${group}/${version}`,
    resources: resources.flatMap((item) => [resourceEntry(item), ...subresourceEntries(item)]),
  };
}

function resourceEntry(item: ServedResource): object {
  return {
    name: item.plural,
    singularName: item.singular,
    namespaced: item.namespaced,
    kind: item.kind,
    verbs: item.verbs,
    ...(item.shortNames.length > 0 ? { shortNames: item.shortNames } : {}),
    ...(item.categories.length > 0 ? { categories: item.categories } : {}),
    ...(item.storageVersionHash === '' ? {} : { storageVersionHash: item.storageVersionHash }),
  };
}

function subresourceEntries(item: ServedResource): object[] {
  return item.subresources.map((sub) => ({
    name: `${item.plural}/${sub.name}`,
    singularName: '',
    namespaced: item.namespaced,
    ...(sub.group === item.group ? {} : { group: sub.group, version: sub.version }),
    kind: sub.kind,
    verbs: sub.verbs,
  }));
}

/** The versions of aggregated discovery, newest first; both have the same shape. */
export const AGGREGATED_VERSIONS = ['v2', 'v2beta1'] as const;
export type AggregatedVersion = (typeof AGGREGATED_VERSIONS)[number];

/** Aggregated discovery for `/api` (`core`) or `/apis`: all groups with all resources in one document (KEP-3352). */
export function aggregatedDiscovery({ groups }: ServedApi, core: boolean, version: AggregatedVersion): unknown {
  return {
    kind: 'APIGroupDiscoveryList',
    apiVersion: `apidiscovery.k8s.io/${version}`,
    metadata: {},
    items: groups.filter((item) => (item.group === '') === core).map(aggregatedGroup),
  };
}

function aggregatedGroup({ group, versions }: ServedGroup): unknown {
  return {
    metadata: { ...(group === '' ? {} : { name: group }), creationTimestamp: null },
    versions: versions.map(({ version, resources }) => ({
      version,
      freshness: 'Current',
      resources: resources.map(aggregatedResource),
    })),
  };
}

function aggregatedResource(item: ServedResource): unknown {
  return {
    resource: item.plural,
    responseKind: { group: item.group, version: item.version, kind: item.kind },
    scope: item.namespaced ? 'Namespaced' : 'Cluster',
    singularResource: item.singular,
    verbs: item.verbs,
    ...(item.shortNames.length > 0 ? { shortNames: item.shortNames } : {}),
    ...(item.categories.length > 0 ? { categories: item.categories } : {}),
    ...(item.subresources.length > 0
      ? {
          subresources: item.subresources.map((sub) => ({
            subresource: sub.name,
            responseKind: { group: sub.group, version: sub.version, kind: sub.kind },
            verbs: sub.verbs,
          })),
        }
      : {}),
  };
}
