import { GROUPS, type ServedGroup, type ServedResource } from './served';

/** `/api`: the versions of the core group. `address` is host:port as clients reach the server. */
export function coreVersions(address: string): unknown {
  return {
    kind: 'APIVersions',
    versions: ['v1'],
    serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress: address }],
  };
}

/** `/apis`: every named group. */
export function groupList(): unknown {
  const groups = GROUPS.filter((one) => one.group !== '').map(groupDocument);
  return { kind: 'APIGroupList', apiVersion: 'v1', groups };
}

/** `/apis/<group>`. */
export function apiGroup(group: ServedGroup): unknown {
  return { kind: 'APIGroup', apiVersion: 'v1', ...groupDocument(group) };
}

function groupDocument({ group, version }: ServedGroup): object {
  const only = { groupVersion: `${group}/${version}`, version };
  return { name: group, versions: [only], preferredVersion: only };
}

/** `/api/v1` and `/apis/<group>/<version>`: each resource, then each of its subresources. */
export function resourceList({ group, version, resources }: ServedGroup): unknown {
  return {
    kind: 'APIResourceList',
    apiVersion: 'v1',
    groupVersion: group === '' ? version : `${group}/${version}`,
    resources: resources.flatMap((one) => [resourceEntry(one), ...subresourceEntries(one)]),
  };
}

function resourceEntry(one: ServedResource): object {
  return {
    name: one.plural,
    singularName: one.singular,
    namespaced: one.namespaced,
    kind: one.kind,
    verbs: one.verbs,
    ...(one.shortNames.length > 0 ? { shortNames: one.shortNames } : {}),
    ...(one.categories.length > 0 ? { categories: one.categories } : {}),
  };
}

function subresourceEntries(one: ServedResource): object[] {
  return one.subresources.map((sub) => ({
    name: `${one.plural}/${sub.name}`,
    singularName: '',
    namespaced: one.namespaced,
    ...(sub.group === one.group ? {} : { group: sub.group, version: sub.version }),
    kind: sub.kind,
    verbs: sub.verbs,
  }));
}

/** The versions of aggregated discovery, newest first; both have the same shape. */
export const AGGREGATED_VERSIONS = ['v2', 'v2beta1'] as const;
export type AggregatedVersion = (typeof AGGREGATED_VERSIONS)[number];

/** Aggregated discovery for `/api` (`core`) or `/apis`: all groups with all resources in one document (KEP-3352). */
export function aggregatedDiscovery(core: boolean, version: AggregatedVersion): unknown {
  return {
    kind: 'APIGroupDiscoveryList',
    apiVersion: `apidiscovery.k8s.io/${version}`,
    metadata: {},
    items: GROUPS.filter((one) => (one.group === '') === core).map(aggregatedGroup),
  };
}

function aggregatedGroup({ group, version, resources }: ServedGroup): unknown {
  return {
    metadata: { ...(group === '' ? {} : { name: group }), creationTimestamp: null },
    versions: [{ version, freshness: 'Current', resources: resources.map(aggregatedResource) }],
  };
}

function aggregatedResource(one: ServedResource): unknown {
  return {
    resource: one.plural,
    responseKind: { group: one.group, version: one.version, kind: one.kind },
    scope: one.namespaced ? 'Namespaced' : 'Cluster',
    singularResource: one.singular,
    verbs: one.verbs,
    ...(one.shortNames.length > 0 ? { shortNames: one.shortNames } : {}),
    ...(one.categories.length > 0 ? { categories: one.categories } : {}),
    ...(one.subresources.length > 0
      ? {
          subresources: one.subresources.map((sub) => ({
            subresource: sub.name,
            responseKind: { group: sub.group, version: sub.version, kind: sub.kind },
            verbs: sub.verbs,
          })),
        }
      : {}),
  };
}
