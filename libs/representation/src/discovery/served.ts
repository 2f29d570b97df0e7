import {
  KUBERNETES_API,
  VIRTUAL_RESOURCES,
  type ApiResource,
  type ResourceRow,
  type ResourceVersion,
} from '@shiplog/contracts';
import type { Catalog, VersionedResource } from '@shiplog/apimachinery';
import { definitionNameOf } from '../openapi/definition-names';
import { byGroupPriority } from './group-order';
import { storageVersionHash } from './storage-version';
import { byPreference } from './version-order';

/** A subresource as it is served. */
export interface ServedSubresource {
  readonly name: string;
  readonly kind: string;
  readonly group: string;
  readonly version: string;
  readonly verbs: readonly string[];
  /** By what OpenAPI calls it. */
  readonly definition: string;
}

/** A resource as it is served in one version: one that is stored, or a virtual one, whose objects are made for who asks. */
export interface ServedResource {
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly singular: string;
  readonly kind: string;
  readonly listKind: string;
  readonly namespaced: boolean;
  readonly verbs: readonly string[];
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly subresources: readonly ServedSubresource[];
  readonly definition: string;
  readonly listDefinition: string;
  /** Tells clients which resources have the same objects; '' for what stores none. */
  readonly storageVersionHash: string;
  /** Of the store; absent for a virtual one. */
  readonly stored?: VersionedResource;
  /** Of what is not stored; absent for what is. */
  readonly virtual?: VersionedResource;
}

/** What is served of one version of a group. */
export interface ServedGroupVersion {
  readonly group: string;
  readonly version: string;
  readonly resources: readonly ServedResource[];
}

/** A group with its served versions, the preferred one first. */
export interface ServedGroup {
  readonly group: string;
  readonly versions: readonly [ServedGroupVersion, ...ServedGroupVersion[]];
}

/** Everything that the API serves at a moment, in the order of discovery: the core group ('') first. */
export interface ServedApi {
  readonly groups: readonly ServedGroup[];
  /** Undefined for what is not served. */
  group(group: string): ServedGroup | undefined;
  resource(group: string, version: string, plural: string): ServedResource | undefined;
}

const made = new WeakMap<Catalog, ServedApi>();

/**
 * What the resources of a catalog are served as. Made once for each catalog; a version of a group whose rows are the same in
 * two catalogs is the same value in both, so that what is made of it can be kept by it.
 */
export function servedApi(catalog: Catalog): ServedApi {
  let api = made.get(catalog);
  if (api === undefined) made.set(catalog, (api = serve(catalog)));
  return api;
}

const mergedWith = new WeakMap<ServedApi, { others: ReadonlyMap<string, ServedGroupVersion>; merged: ServedApi }>();

/**
 * An API with what other servers serve of it, for discovery: their versions of a group come after our own. The same value for the
 * same two.
 */
export function withOthers(own: ServedApi, others: ReadonlyMap<string, ServedGroupVersion>): ServedApi {
  if (others.size === 0) return own;
  let kept = mergedWith.get(own);
  if (kept?.others !== others) mergedWith.set(own, (kept = { others, merged: merge(own, [...others.values()]) }));
  return kept.merged;
}

function merge(own: ServedApi, others: readonly ServedGroupVersion[]): ServedApi {
  const byName = new Map(own.groups.map((group): [string, ServedGroup] => [group.group, group]));
  for (const version of others) {
    const versions = byName.get(version.group)?.versions;
    const group = version.group;
    byName.set(group, { group, versions: versions === undefined ? [version] : [...versions, version] });
  }
  return { groups: [...byName.values()], group: (group) => byName.get(group), resource: own.resource };
}

function serve(catalog: Catalog): ServedApi {
  const byGroup = new Map<string, ServedResource[]>();
  for (const resource of [...[...catalog.rows].flatMap(resourcesOf), ...VIRTUAL]) {
    const others = byGroup.get(resource.group);
    if (others === undefined) byGroup.set(resource.group, [resource]);
    else others.push(resource);
  }
  const groups = [...byGroup].sort(([a], [b]) => byGroupPriority(a, b)).map(([, resources]) => groupOf(resources));
  const byName = new Map(groups.map((group) => [group.group, group]));
  const byPath = new Map([...byGroup.values()].flat().map((resource) => [pathOf(resource), resource]));
  return {
    groups,
    group: (group) => byName.get(group),
    resource: (group, version, plural) => byPath.get(pathOf({ group, version, plural })),
  };
}

function pathOf({ group, version, plural }: Pick<ServedResource, 'group' | 'version' | 'plural'>): string {
  return `${group}/${version}/${plural}`;
}

function groupOf(resources: readonly ServedResource[]): ServedGroup {
  const group = resources[0]?.group ?? '';
  const versions = [...new Set(resources.map(({ version }) => version))]
    .sort(byPreference)
    .map((version) => groupVersionOf(resources.filter((resource) => resource.version === version)));
  return { group, versions: versions as readonly ServedGroupVersion[] as ServedGroup['versions'] };
}

/** The last value made of each first resource. */
const groupVersions = new WeakMap<ServedResource, ServedGroupVersion>();

/** The one made before, if it was made of the same resources. */
function groupVersionOf(unsorted: readonly ServedResource[]): ServedGroupVersion {
  const resources = [...unsorted].sort((a, b) => (a.plural < b.plural ? -1 : 1));
  const [first] = resources as [ServedResource];
  const known = groupVersions.get(first)?.resources;
  const isSame = known?.length === resources.length && known.every((resource, index) => resource === resources[index]);
  if (!isSame) groupVersions.set(first, { group: first.group, version: first.version, resources });
  return groupVersions.get(first) as ServedGroupVersion;
}

const ofRows = new WeakMap<ResourceRow, readonly ServedResource[]>();

function resourcesOf(row: ResourceRow): readonly ServedResource[] {
  let resources = ofRows.get(row);
  if (resources === undefined) {
    resources = row.versions.filter(({ served }) => served).map((version) => resourceOf({ row, version }));
    ofRows.set(row, resources);
  }
  return resources;
}

/** What can be asked of every custom resource. */
const VERBS = ['delete', 'deletecollection', 'get', 'list', 'patch', 'create', 'update', 'watch'];
const SUBRESOURCE_VERBS = ['get', 'patch', 'update'];

function resourceOf(stored: VersionedResource): ServedResource {
  const { row, version: of } = stored;
  const { plural, kind, namespaced } = row;
  const { group, version } = of;
  const about = metadata.get(key(group, version, plural));
  const listKind = row.names?.listKind ?? `${kind}List`;
  return {
    group,
    version,
    plural,
    kind,
    listKind,
    namespaced,
    singular: row.names?.singular ?? kind.toLowerCase(),
    verbs: about?.verbs ?? VERBS,
    shortNames: row.names?.shortNames ?? about?.shortNames ?? [],
    categories: row.names?.categories ?? about?.categories ?? [],
    subresources: [...of.subresources].sort().map((name) => subresourceOf(row, of, name)),
    definition: definitionNameOf(group, version, kind),
    listDefinition: definitionNameOf(group, version, listKind),
    storageVersionHash: storageVersionHash(row),
    stored,
  };
}

function subresourceOf({ plural, kind: own }: ResourceRow, of: ResourceVersion, name: string): ServedSubresource {
  const about = metadata.get(key(of.group, of.version, plural, name));
  const scale = name === 'scale' ? { kind: 'Scale', group: 'autoscaling', version: 'v1' } : undefined;
  const kind = about?.kind ?? scale?.kind ?? own;
  const group = about?.kindGroup ?? scale?.group ?? of.group;
  const version = about?.kindVersion ?? scale?.version ?? of.version;
  const definition = definitionNameOf(group, version, kind);
  const verbs = about?.verbs.includes('connect') === true ? connectVerbs(name) : (about?.verbs ?? SUBRESOURCE_VERBS);
  return { name, kind, group, version, verbs, definition };
}

/** What Kubernetes' metadata calls connecting is allowed, and discovered, by the methods that can be used for it. */
function connectVerbs(name: string): readonly string[] {
  return name === 'proxy' ? ['create', 'delete', 'get', 'patch', 'update'] : ['create', 'get'];
}

/** One whose objects are made for who asks: it is spoken of as the API's own metadata has it, but never watched. */
function virtualOf(virtual: VersionedResource): ServedResource {
  const { row } = virtual;
  const [{ group, version }] = row.versions;
  const { stored: _none, ...served } = resourceOf(virtual);
  const verbs = (metadata.get(key(group, version, row.plural))?.verbs ?? []).filter((verb) => verb !== 'watch');
  // Versions beside the first are written as it is.
  return { ...served, verbs, definition: definitionNameOf(group, version, row.kind), storageVersionHash: '', virtual };
}

const metadata = new Map<string, ApiResource>(
  KUBERNETES_API.resources.map((item) => [key(item.group, item.version, item.resource, item.subresource), item]),
);

function key(group: string, version: string, resource: string, sub = ''): string {
  return [group, version, resource, sub].join('/');
}

const VIRTUAL: readonly ServedResource[] = VIRTUAL_RESOURCES.flatMap((row: ResourceRow) =>
  row.versions.map((version) => virtualOf({ row, version })),
);
