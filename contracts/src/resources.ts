import type { WebhookClientConfig } from './generated/kubernetes';
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

/** Who converts objects between versions, as `conversion.webhook` of a CustomResourceDefinition says it. */
export interface ConversionWebhook {
  readonly clientConfig?: WebhookClientConfig;
  readonly conversionReviewVersions: readonly string[];
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
  /** What users of the version are told: that another one is to be used. */
  readonly deprecationWarning?: string;
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
  /** Absent: versions differ in nothing but their apiVersion. */
  readonly conversion?: ConversionWebhook;
  /** No object can be made any more: its definition is being deleted, and waits for the objects that there are. */
  readonly isTerminating?: boolean;
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

/** Rows of a group beside the core's, whose types are in a package of their own. */
const inGroup =
  <const Group extends string>(group: Group, schemas: string) =>
  <const Plural extends string, const Kind extends string>(
    plural: Plural,
    kind: Kind,
    namespaced: boolean,
    options?: Options,
  ) =>
    row<`${Plural}.${Group}`, Kind>(`${plural}.${group}`, kind, namespaced, `${schemas}.${kind}`, options);

const admission = inGroup('admissionregistration.k8s.io', 'io.k8s.api.admissionregistration.v1');
const apps = inGroup('apps', 'io.k8s.api.apps.v1');
const batch = inGroup('batch', 'io.k8s.api.batch.v1');
const devices = inGroup('resource.k8s.io', 'io.k8s.api.resource.v1');
const flow = inGroup('flowcontrol.apiserver.k8s.io', 'io.k8s.api.flowcontrol.v1');
const networking = inGroup('networking.k8s.io', 'io.k8s.api.networking.v1');
const rbac = inGroup('rbac.authorization.k8s.io', 'io.k8s.api.rbac.v1');
const storage = inGroup('storage.k8s.io', 'io.k8s.api.storage.v1');

const STATUS = ['status'];
const SCALED = ['status', 'scale'];

/** Every resource that is there from the beginning. A new kind starts as a row here (see CONTRIBUTING.md). */
export const RESOURCES = [
  core('namespaces', 'Namespace', false, { subresources: ['status', 'finalize'] }),
  core('nodes', 'Node', false, { subresources: ['status', 'proxy'] }),
  core('pods', 'Pod', true, {
    subresources: [
      ...['status', 'binding', 'eviction', 'log', 'ephemeralcontainers', 'resize'],
      ...['attach', 'exec', 'portforward', 'proxy'],
    ],
    returnedWhenDeleted: true,
  }),
  core('replicationcontrollers', 'ReplicationController', true, { subresources: SCALED }),
  core('services', 'Service', true, {
    subresources: ['status', 'proxy'],
    createOnUpdate: true,
    returnedWhenDeleted: true,
  }),
  core('endpoints', 'Endpoints', true, { createOnUpdate: true }),
  core('configmaps', 'ConfigMap', true),
  core('secrets', 'Secret', true),
  core('serviceaccounts', 'ServiceAccount', true, {
    subresources: ['token'],
    unconditionalUpdate: false,
    returnedWhenDeleted: true,
  }),
  core('events', 'Event', true, {
    also: [{ group: 'events.k8s.io', version: 'v1', schema: 'io.k8s.api.events.v1.Event' }],
    createOnUpdate: true,
  }),
  core('limitranges', 'LimitRange', true, { createOnUpdate: true }),
  core('persistentvolumeclaims', 'PersistentVolumeClaim', true, { subresources: STATUS, returnedWhenDeleted: true }),
  core('persistentvolumes', 'PersistentVolume', false, { subresources: STATUS, returnedWhenDeleted: true }),
  core('podtemplates', 'PodTemplate', true, { returnedWhenDeleted: true }),
  core('resourcequotas', 'ResourceQuota', true, { subresources: STATUS, returnedWhenDeleted: true }),
  row('endpointslices.discovery.k8s.io', 'EndpointSlice', true, 'io.k8s.api.discovery.v1.EndpointSlice'),
  row('leases.coordination.k8s.io', 'Lease', true, 'io.k8s.api.coordination.v1.Lease', {
    createOnUpdate: true,
    unconditionalUpdate: false,
  }),
  row(
    'customresourcedefinitions.apiextensions.k8s.io',
    'CustomResourceDefinition',
    false,
    'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinition',
    { subresources: STATUS, unconditionalUpdate: false },
  ),
  row(
    'apiservices.apiregistration.k8s.io',
    'APIService',
    false,
    'io.k8s.kube-aggregator.pkg.apis.apiregistration.v1.APIService',
    { subresources: STATUS, unconditionalUpdate: false },
  ),
  admission('mutatingadmissionpolicies', 'MutatingAdmissionPolicy', false, { unconditionalUpdate: false }),
  admission('mutatingadmissionpolicybindings', 'MutatingAdmissionPolicyBinding', false, { unconditionalUpdate: false }),
  admission('mutatingwebhookconfigurations', 'MutatingWebhookConfiguration', false, { unconditionalUpdate: false }),
  admission('validatingadmissionpolicies', 'ValidatingAdmissionPolicy', false, {
    subresources: STATUS,
    unconditionalUpdate: false,
  }),
  admission('validatingadmissionpolicybindings', 'ValidatingAdmissionPolicyBinding', false, {
    unconditionalUpdate: false,
  }),
  admission('validatingwebhookconfigurations', 'ValidatingWebhookConfiguration', false, { unconditionalUpdate: false }),
  apps('controllerrevisions', 'ControllerRevision', true),
  apps('daemonsets', 'DaemonSet', true, { subresources: STATUS }),
  apps('deployments', 'Deployment', true, { subresources: SCALED }),
  apps('replicasets', 'ReplicaSet', true, { subresources: SCALED }),
  apps('statefulsets', 'StatefulSet', true, { subresources: SCALED }),
  row(
    'horizontalpodautoscalers.autoscaling',
    'HorizontalPodAutoscaler',
    true,
    'io.k8s.api.autoscaling.v2.HorizontalPodAutoscaler',
    {
      subresources: STATUS,
      also: [{ group: 'autoscaling', version: 'v1', schema: 'io.k8s.api.autoscaling.v1.HorizontalPodAutoscaler' }],
    },
  ),
  batch('cronjobs', 'CronJob', true, { subresources: STATUS }),
  batch('jobs', 'Job', true, { subresources: STATUS }),
  row(
    'certificatesigningrequests.certificates.k8s.io',
    'CertificateSigningRequest',
    false,
    'io.k8s.api.certificates.v1.CertificateSigningRequest',
    { subresources: ['status', 'approval'] },
  ),
  flow('flowschemas', 'FlowSchema', false, { subresources: STATUS }),
  flow('prioritylevelconfigurations', 'PriorityLevelConfiguration', false, { subresources: STATUS }),
  networking('ingressclasses', 'IngressClass', false),
  networking('ingresses', 'Ingress', true, { subresources: STATUS }),
  networking('ipaddresses', 'IPAddress', false),
  networking('networkpolicies', 'NetworkPolicy', true),
  networking('servicecidrs', 'ServiceCIDR', false, { subresources: STATUS }),
  row('runtimeclasses.node.k8s.io', 'RuntimeClass', false, 'io.k8s.api.node.v1.RuntimeClass', {
    unconditionalUpdate: false,
  }),
  row('poddisruptionbudgets.policy', 'PodDisruptionBudget', true, 'io.k8s.api.policy.v1.PodDisruptionBudget', {
    subresources: STATUS,
    unconditionalUpdate: false,
  }),
  rbac('clusterrolebindings', 'ClusterRoleBinding', false, { createOnUpdate: true }),
  rbac('clusterroles', 'ClusterRole', false, { createOnUpdate: true }),
  rbac('rolebindings', 'RoleBinding', true, { createOnUpdate: true }),
  rbac('roles', 'Role', true, { createOnUpdate: true }),
  devices('deviceclasses', 'DeviceClass', false),
  devices('resourceclaims', 'ResourceClaim', true, { subresources: STATUS }),
  devices('resourceclaimtemplates', 'ResourceClaimTemplate', true),
  devices('resourceslices', 'ResourceSlice', false),
  row('priorityclasses.scheduling.k8s.io', 'PriorityClass', false, 'io.k8s.api.scheduling.v1.PriorityClass'),
  row(
    'schedulingpolicies.scheduling.shiplog.dev',
    'SchedulingPolicy',
    false,
    'dev.shiplog.scheduling.v1.SchedulingPolicy',
  ),
  storage('csidrivers', 'CSIDriver', false, { unconditionalUpdate: false }),
  storage('csinodes', 'CSINode', false, { unconditionalUpdate: false }),
  storage('csistoragecapacities', 'CSIStorageCapacity', true, { unconditionalUpdate: false }),
  storage('storageclasses', 'StorageClass', false),
  storage('volumeattachments', 'VolumeAttachment', false, { subresources: STATUS, unconditionalUpdate: false }),
  storage('volumeattributesclasses', 'VolumeAttributesClass', false),
] as const satisfies readonly ResourceRow[];

const authentication = inGroup('authentication.k8s.io', 'io.k8s.api.authentication.v1');
const authorization = inGroup('authorization.k8s.io', 'io.k8s.api.authorization.v1');
const METRICS = 'io.k8s.metrics.pkg.apis.metrics.v1beta1';

/**
 * What is served without being stored: its objects are made for who asks. They are no part of the state, so they stand in no
 * catalog, and what can be asked of them is only what the API's own metadata says.
 */
export const VIRTUAL_RESOURCES = [
  core('bindings', 'Binding', true),
  core('componentstatuses', 'ComponentStatus', false),
  authentication('selfsubjectreviews', 'SelfSubjectReview', false, {
    // The `kubectl auth whoami` of 1.27 knows no other.
    also: [
      {
        group: 'authentication.k8s.io',
        version: 'v1beta1',
        schema: 'io.k8s.api.authentication.v1.SelfSubjectReview',
      },
    ],
  }),
  authentication('tokenreviews', 'TokenReview', false),
  authorization('localsubjectaccessreviews', 'LocalSubjectAccessReview', true),
  authorization('selfsubjectaccessreviews', 'SelfSubjectAccessReview', false),
  authorization('selfsubjectrulesreviews', 'SelfSubjectRulesReview', false),
  authorization('subjectaccessreviews', 'SubjectAccessReview', false),
  row(
    'schedulingreviews.scheduling.shiplog.dev',
    'SchedulingReview',
    true,
    'dev.shiplog.scheduling.v1.SchedulingReview',
  ),
  row('nodes.metrics.k8s.io', 'NodeMetrics', false, `${METRICS}.NodeMetrics`),
  row('pods.metrics.k8s.io', 'PodMetrics', true, `${METRICS}.PodMetrics`),
] as const satisfies readonly ResourceRow[];

/** What `serviceaccounts/token` reads and answers with: a kind that is served by no path of its own. */
export const TOKEN_REQUESTS: ResourceRow = authentication('tokenrequests', 'TokenRequest', true);

/** A resource that is served without being stored. */
export type Virtual = (typeof VIRTUAL_RESOURCES)[number]['id'];

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
