/** One resource of the API as it is served: where it lives, what it is called, and which API type describes it. */
export interface ResourceRow {
  /** `plural` for the core group, `plural.group` elsewhere. Names the resource everywhere inside Shiplog. */
  readonly id: string;
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly kind: string;
  readonly namespaced: boolean;
  /** Key into `definitions` of kubernetes-api.json. */
  readonly definition: string;
  readonly subresources: readonly string[];
}

const core = <const Id extends string, const Kind extends string>(
  id: Id,
  kind: Kind,
  namespaced: boolean,
  subresources: readonly string[] = [],
) => ({
  id,
  group: '',
  version: 'v1',
  plural: id,
  kind,
  namespaced,
  definition: `io.k8s.api.core.v1.${kind}` as string,
  subresources,
});

/** Every resource kind that Shiplog stores. A new kind starts as a row here (see CONTRIBUTING.md). */
export const RESOURCES = [
  core('namespaces', 'Namespace', false, ['status', 'finalize']),
  core('nodes', 'Node', false, ['status']),
  core('pods', 'Pod', true, ['status', 'binding', 'log']),
  core('replicationcontrollers', 'ReplicationController', true, ['status', 'scale']),
  core('services', 'Service', true, ['status']),
  core('endpoints', 'Endpoints', true),
  core('configmaps', 'ConfigMap', true),
  core('secrets', 'Secret', true),
  core('serviceaccounts', 'ServiceAccount', true),
  core('events', 'Event', true),
  {
    id: 'endpointslices.discovery.k8s.io',
    group: 'discovery.k8s.io',
    version: 'v1',
    plural: 'endpointslices',
    kind: 'EndpointSlice',
    namespaced: true,
    definition: 'io.k8s.api.discovery.v1.EndpointSlice',
    subresources: [] as readonly string[],
  },
  {
    id: 'leases.coordination.k8s.io',
    group: 'coordination.k8s.io',
    version: 'v1',
    plural: 'leases',
    kind: 'Lease',
    namespaced: true,
    definition: 'io.k8s.api.coordination.v1.Lease',
    subresources: [] as readonly string[],
  },
] as const satisfies readonly ResourceRow[];

/** For example `pods` or `leases.coordination.k8s.io`. */
export type ResourceId = (typeof RESOURCES)[number]['id'];
/** For example `Pod`. */
export type Kind = (typeof RESOURCES)[number]['kind'];

const byId = new Map<string, ResourceRow & { id: ResourceId; kind: Kind }>(RESOURCES.map((row) => [row.id, row]));

/** The row of a resource id that is known to be served. */
export function resourceRow(id: ResourceId): ResourceRow & { id: ResourceId; kind: Kind } {
  const row = byId.get(id);
  if (row === undefined) throw new Error(`no resource is called ${id}`);
  return row;
}

/** Whether a string from outside names a served resource. */
export function isResourceId(id: string): id is ResourceId {
  return byId.has(id);
}

/** What a deletion answers with, once it is gone, instead of a Status (ReturnDeletedObject in Kubernetes' registries). */
export const RETURNED_WHEN_DELETED: ReadonlySet<ResourceId> = new Set(['pods', 'services', 'serviceaccounts']);

/** What a PUT makes when it is not there (AllowCreateOnUpdate in Kubernetes' strategies). */
export const MADE_BY_UPDATE: ReadonlySet<ResourceId> = new Set([
  'endpoints',
  'events',
  'leases.coordination.k8s.io',
  'services',
]);

/** `v1` or `group/version`, as an object's `apiVersion` has it. */
export function apiVersionOf(row: ResourceRow): string {
  return row.group === '' ? row.version : `${row.group}/${row.version}`;
}
