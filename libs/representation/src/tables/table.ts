import {
  byResource,
  type BuiltIn,
  type ListMeta,
  type ObjectOf,
  type StoredObject,
  type Virtual,
} from '@shiplog/contracts';
import { fromStored, shownAs, withoutOwners, type VersionedResource } from '@shiplog/apimachinery';
import {
  controllerRevisionPrinter,
  daemonSetPrinter,
  deploymentPrinter,
  podTemplatePrinter,
  replicaSetPrinter,
  statefulSetPrinter,
} from './apps';
import { horizontalPodAutoscalerPrinter, podDisruptionBudgetPrinter } from './autoscaling';
import { cronJobPrinter, jobPrinter } from './batch';
import { customPrinter } from './custom';
import { nodePrinter, namespacePrinter, leasePrinter, eventPrinter } from './cluster';
import { plainPrinter, type Cell, type Column, type Printer, type RowCondition } from './column';
import { configMapPrinter, secretPrinter, serviceAccountPrinter } from './configuration';
import { agePrinter, resourceClaimPrinter, resourceSlicePrinter } from './devices';
import {
  apiServicePrinter,
  mutatingAdmissionPolicyPrinter,
  policyBindingPrinter,
  validatingAdmissionPolicyPrinter,
  webhookConfigurationPrinter,
} from './extensions';
import {
  limitRangePrinter,
  priorityClassPrinter,
  resourceQuotaPrinter,
  runtimeClassPrinter,
  schedulingPolicyPrinter,
} from './limits';
import { endpointsPrinter, endpointSlicePrinter, servicePrinter } from './networking';
import { nodeMetricsPrinter, podMetricsPrinter } from './metrics';
import {
  certificateSigningRequestPrinter,
  componentStatusPrinter,
  flowSchemaPrinter,
  priorityLevelConfigurationPrinter,
  roleBindingPrinter,
} from './policy';
import * as routing from './routing';
import * as storage from './storage';
import { podPrinter, replicationControllerPrinter } from './workloads';

/** The kinds with columns of their own: those that `kubectl get` shows on Kubernetes. */
const OWN: { readonly [R in BuiltIn]?: Printer<ObjectOf<R>> } = {
  namespaces: namespacePrinter,
  nodes: nodePrinter,
  pods: podPrinter,
  replicationcontrollers: replicationControllerPrinter,
  podtemplates: podTemplatePrinter,
  'controllerrevisions.apps': controllerRevisionPrinter,
  'daemonsets.apps': daemonSetPrinter,
  'deployments.apps': deploymentPrinter,
  'replicasets.apps': replicaSetPrinter,
  'statefulsets.apps': statefulSetPrinter,
  'cronjobs.batch': cronJobPrinter,
  'jobs.batch': jobPrinter,
  'horizontalpodautoscalers.autoscaling': horizontalPodAutoscalerPrinter,
  'poddisruptionbudgets.policy': podDisruptionBudgetPrinter,
  services: servicePrinter,
  endpoints: endpointsPrinter,
  configmaps: configMapPrinter,
  secrets: secretPrinter,
  serviceaccounts: serviceAccountPrinter,
  events: eventPrinter,
  'endpointslices.discovery.k8s.io': endpointSlicePrinter,
  'leases.coordination.k8s.io': leasePrinter,
  'apiservices.apiregistration.k8s.io': apiServicePrinter,
  'mutatingadmissionpolicies.admissionregistration.k8s.io': mutatingAdmissionPolicyPrinter,
  'mutatingadmissionpolicybindings.admissionregistration.k8s.io': policyBindingPrinter,
  'mutatingwebhookconfigurations.admissionregistration.k8s.io': webhookConfigurationPrinter,
  'validatingadmissionpolicies.admissionregistration.k8s.io': validatingAdmissionPolicyPrinter,
  'validatingadmissionpolicybindings.admissionregistration.k8s.io': policyBindingPrinter,
  'validatingwebhookconfigurations.admissionregistration.k8s.io': webhookConfigurationPrinter,
  'certificatesigningrequests.certificates.k8s.io': certificateSigningRequestPrinter,
  'flowschemas.flowcontrol.apiserver.k8s.io': flowSchemaPrinter,
  'prioritylevelconfigurations.flowcontrol.apiserver.k8s.io': priorityLevelConfigurationPrinter,
  'clusterrolebindings.rbac.authorization.k8s.io': roleBindingPrinter,
  'rolebindings.rbac.authorization.k8s.io': roleBindingPrinter,
  'deviceclasses.resource.k8s.io': agePrinter,
  'resourceclaims.resource.k8s.io': resourceClaimPrinter,
  'resourceclaimtemplates.resource.k8s.io': agePrinter,
  'resourceslices.resource.k8s.io': resourceSlicePrinter,
  limitranges: limitRangePrinter,
  resourcequotas: resourceQuotaPrinter,
  'priorityclasses.scheduling.k8s.io': priorityClassPrinter,
  'schedulingpolicies.scheduling.shiplog.dev': schedulingPolicyPrinter,
  'runtimeclasses.node.k8s.io': runtimeClassPrinter,
  'ingresses.networking.k8s.io': routing.ingressPrinter,
  'ingressclasses.networking.k8s.io': routing.ingressClassPrinter,
  'networkpolicies.networking.k8s.io': routing.networkPolicyPrinter,
  'ipaddresses.networking.k8s.io': routing.ipAddressPrinter,
  'servicecidrs.networking.k8s.io': routing.serviceCidrPrinter,
  persistentvolumes: storage.persistentVolumePrinter,
  persistentvolumeclaims: storage.persistentVolumeClaimPrinter,
  'storageclasses.storage.k8s.io': storage.storageClassPrinter,
  'volumeattributesclasses.storage.k8s.io': storage.volumeAttributesClassPrinter,
  'csidrivers.storage.k8s.io': storage.csiDriverPrinter,
  'csinodes.storage.k8s.io': storage.csiNodePrinter,
  'csistoragecapacities.storage.k8s.io': storage.csiStorageCapacityPrinter,
  'volumeattachments.storage.k8s.io': storage.volumeAttachmentPrinter,
};
const PRINTERS = byResource(OWN as { readonly [R in BuiltIn]?: Printer<StoredObject> });
/** Of what is served without being stored. */
const VIRTUAL: ReadonlyMap<string, Printer<StoredObject>> = new Map(
  Object.entries({
    componentstatuses: componentStatusPrinter,
    'nodes.metrics.k8s.io': nodeMetricsPrinter,
    'pods.metrics.k8s.io': podMetricsPrinter,
  } satisfies { readonly [R in Virtual]?: Printer<never> } as object as Readonly<
    Record<string, Printer<StoredObject>>
  >),
);

/** How much of each object a row carries beside its cells (query parameter `includeObject`). */
export type IncludeObject = 'None' | 'Metadata' | 'Object';

export interface TableRow {
  cells: Cell[];
  conditions?: RowCondition[];
  object: unknown;
}

/** A `meta.k8s.io/v1` Table. */
export interface Table {
  kind: 'Table';
  apiVersion: 'meta.k8s.io/v1';
  metadata: ListMeta;
  columnDefinitions: readonly Column[] | null;
  rows: TableRow[];
}

export interface TableOptions {
  /** Milliseconds since 1970; ages are counted up to here. */
  readonly now: number;
  readonly includeObject: IncludeObject;
  readonly metadata: ListMeta;
  /** Later events of a watch leave the columns out: they are those of the first. */
  readonly columns?: boolean;
}

/** Shows objects of one resource, in one of its versions, as the rows of a Table. */
export function tableOf(resource: VersionedResource, objects: readonly StoredObject[], options: TableOptions): Table {
  const printer = printerOf(resource);
  return {
    kind: 'Table',
    apiVersion: 'meta.k8s.io/v1',
    metadata: options.metadata,
    columnDefinitions: options.columns === false ? null : printer.columns,
    rows: objects.map((object) => rowOf(printer, resource, object, options)),
  };
}

function printerOf({ row, version }: VersionedResource): Printer<StoredObject> {
  const own = PRINTERS.get(row.id) ?? VIRTUAL.get(row.id);
  if (own !== undefined) return own;
  return typeof version.schema === 'string' ? plainPrinter : customPrinter(version.columns);
}

function rowOf(
  printer: Printer<StoredObject>,
  resource: VersionedResource,
  object: StoredObject,
  options: TableOptions,
): TableRow {
  const conditions = printer.conditions?.(object) ?? [];
  return {
    // Columns of a version are of what that shows.
    cells: printer.cells(isCustom(resource) ? fromStored(resource.version, object) : object, options.now),
    ...(conditions.length > 0 ? { conditions } : {}),
    object: objectOfRow(resource, object, options.includeObject),
  };
}

function isCustom({ version }: VersionedResource): boolean {
  return typeof version.schema !== 'string';
}

function objectOfRow(resource: VersionedResource, object: StoredObject, include: IncludeObject): unknown {
  switch (include) {
    case 'None':
      return null;
    case 'Metadata':
      // Of thousands of rows that are printed nobody prints whose the fields are.
      return partialMetadata(withoutOwners(fromStored(resource.version, object)));
    case 'Object':
      return shownAs(resource, object);
  }
}

/** An object's metadata alone, as metadata-only clients ask for it. */
export function partialMetadata(object: StoredObject): unknown {
  return { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata: object.metadata };
}
