/** What names a resource everywhere inside Shiplog: `plural` for the core group, `plural.group` elsewhere. */
export type ResourceId = string;

/** A column that `kubectl get` shows, as `additionalPrinterColumns` of a CustomResourceDefinition has it. */
export interface PrinterColumn {
  readonly name: string;
  readonly type: string;
  readonly format?: string;
  readonly description?: string;
  readonly priority?: number;
  /** Where the value is, for example `.spec.replicas`. */
  readonly jsonPath: string;
}

/** A schema as a CustomResourceDefinition has one (JSONSchemaProps): structural, so that every field has a type. */
export interface StructuralSchema {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, StructuralSchema>>;
  readonly additionalProperties?: StructuralSchema | boolean;
  readonly items?: StructuralSchema;
  readonly nullable?: boolean;
  readonly 'x-kubernetes-preserve-unknown-fields'?: boolean;
  readonly 'x-kubernetes-embedded-resource'?: boolean;
  readonly [keyword: string]: unknown;
}

/** As `subresources.scale` of a CustomResourceDefinition has them: fields of fields, for example `.spec.size`. */
export interface ScalePaths {
  readonly specReplicasPath: string;
  readonly statusReplicasPath: string;
  /** Of a text. */
  readonly labelSelectorPath?: string;
}

/** One version in which a resource is read and written. */
export interface ResourceVersion {
  /** Usually the resource's own; core `events` are those of `events.k8s.io` too. */
  readonly group: string;
  readonly version: string;
  /** Whether requests can use it. One that is not served may still be what objects are stored in. */
  readonly served: boolean;
  /** What its objects look like: a key into `definitions` of kubernetes-api.json, or a schema that came at run time. */
  readonly schema: string | StructuralSchema;
  readonly subresources: readonly string[];
  /** Where the numbers of `scale` are, if not in `.spec.replicas` and `.status.replicas`. */
  readonly scale?: ScalePaths;
  /** Beside the name; absent where the kind has a printer of its own, or shows its age alone. */
  readonly columns?: readonly PrinterColumn[];
  /** JSON paths by which field selectors may choose, beside name and namespace. */
  readonly selectableFields?: readonly string[];
}

/** A resource that exists: where it lives, what it is called, in which versions it is spoken of. */
export interface ResourceRow {
  readonly id: ResourceId;
  readonly group: string;
  readonly plural: string;
  readonly kind: string;
  readonly namespaced: boolean;
  /** The first is that in which objects are stored. */
  readonly versions: readonly [ResourceVersion, ...ResourceVersion[]];
  /** A PUT makes what is not there (AllowCreateOnUpdate in Kubernetes' strategies). Default: it does not. */
  readonly createOnUpdate?: boolean;
  /** An update may leave out resourceVersion (AllowUnconditionalUpdate). Default: it may. */
  readonly unconditionalUpdate?: boolean;
  /** A deletion answers with what is gone instead of a Status (ReturnDeletedObject). Default: it does not. */
  readonly returnedWhenDeleted?: boolean;
  /** Of a resource that came at run time; those of built-in ones are in the API's own metadata. */
  readonly names?: {
    readonly singular: string;
    readonly listKind: string;
    readonly shortNames: readonly string[];
    readonly categories: readonly string[];
  };
}

interface Options extends Pick<ResourceRow, 'createOnUpdate' | 'unconditionalUpdate' | 'returnedWhenDeleted'> {
  readonly subresources?: readonly string[];
  readonly served?: boolean;
  /** Versions beside the stored one. */
  readonly also?: readonly Pick<ResourceVersion, 'group' | 'version' | 'schema'>[];
}

/** The row of a resource whose stored version is that of a schema, for example `io.k8s.api.core.v1.Pod`. */
const row = <const Id extends string, const Kind extends string>(
  id: Id,
  kind: Kind,
  namespaced: boolean,
  schema: string,
  { subresources = [], served = true, also = [], ...strategy }: Options = {},
) => {
  const [plural = id, ...rest] = id.split('.');
  const group = rest.join('.');
  const version = schema.split('.').at(-2) ?? '';
  const stored: ResourceVersion = { group, version, served, schema, subresources };
  const versions: ResourceRow['versions'] = [stored, ...also.map((other) => ({ ...stored, ...other }))];
  return { id, group, plural, kind, namespaced, versions, ...strategy };
};

const core = <const Id extends string, const Kind extends string>(
  id: Id,
  kind: Kind,
  namespaced: boolean,
  options?: Options,
) => row(id, kind, namespaced, `io.k8s.api.core.v1.${kind}`, options);

/** Every resource that is there from the beginning. A new kind starts as a row here (see CONTRIBUTING.md). */
export const RESOURCES = [
  core('namespaces', 'Namespace', false, { subresources: ['status', 'finalize'] }),
  core('nodes', 'Node', false, { subresources: ['status'] }),
  core('pods', 'Pod', true, { subresources: ['status', 'binding', 'log'], returnedWhenDeleted: true }),
  core('replicationcontrollers', 'ReplicationController', true, { subresources: ['status', 'scale'] }),
  core('services', 'Service', true, { subresources: ['status'], createOnUpdate: true, returnedWhenDeleted: true }),
  core('endpoints', 'Endpoints', true, { createOnUpdate: true }),
  core('configmaps', 'ConfigMap', true),
  core('secrets', 'Secret', true),
  core('serviceaccounts', 'ServiceAccount', true, { unconditionalUpdate: false, returnedWhenDeleted: true }),
  core('events', 'Event', true, {
    also: [{ group: 'events.k8s.io', version: 'v1', schema: 'io.k8s.api.events.v1.Event' }],
    createOnUpdate: true,
  }),
  row('endpointslices.discovery.k8s.io', 'EndpointSlice', true, 'io.k8s.api.discovery.v1.EndpointSlice'),
  row('leases.coordination.k8s.io', 'Lease', true, 'io.k8s.api.coordination.v1.Lease', {
    createOnUpdate: true,
    unconditionalUpdate: false,
  }),
  // What a definition makes exists at once; the requests by which users write one come with the checks that it needs.
  row(
    'customresourcedefinitions.apiextensions.k8s.io',
    'CustomResourceDefinition',
    false,
    'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinition',
    { subresources: ['status'], served: false, unconditionalUpdate: false },
  ),
] as const satisfies readonly ResourceRow[];

/** A resource that code may name: `pods` or `leases.coordination.k8s.io`, whose objects have a type of their own. */
export type BuiltIn = (typeof RESOURCES)[number]['id'];
/** For example `Pod`. */
export type Kind = (typeof RESOURCES)[number]['kind'];

const byId = new Map<string, ResourceRow & { id: BuiltIn; kind: Kind }>(RESOURCES.map((built) => [built.id, built]));

/** The row of a resource that is there from the beginning. */
export function builtIn(id: BuiltIn): ResourceRow & { id: BuiltIn; kind: Kind } {
  const found = byId.get(id);
  if (found === undefined) throw new Error(`no built-in resource is called ${id}`);
  return found;
}

/** What code knows of built-in resources, to be looked up by the id of any: what has no entry is undefined. */
export function byResource<T>(entries: { readonly [R in BuiltIn]?: T }): ReadonlyMap<ResourceId, T> {
  return new Map(Object.entries(entries) as [ResourceId, T][]);
}

/** `v1` or `group/version`, as an object's `apiVersion` has it. */
export function apiVersionOf({ group, version }: Pick<ResourceVersion, 'group' | 'version'>): string {
  return group === '' ? version : `${group}/${version}`;
}

/** The `apiVersion` of a resource's objects as they are stored. */
export function storedApiVersion(resource: ResourceRow): string {
  return apiVersionOf(resource.versions[0]);
}
