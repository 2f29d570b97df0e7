import { byResource, type ResourceRow } from '@shiplog/contracts';
import { customKind } from '../custom/rules';
import {
  mutatingAdmissionPolicies,
  mutatingAdmissionPolicyBindings,
  validatingAdmissionPolicies,
  validatingAdmissionPolicyBindings,
} from './admissionpolicies';
import { apiServices } from './apiservices';
import { certificateSigningRequests } from './certificatesigningrequests';
import { configMaps } from './configmaps';
import { controllerRevisions } from './controllerrevisions';
import { csiDrivers, csiNodes, csiStorageCapacities } from './csi';
import { cronJobs } from './cronjobs';
import { customResourceDefinitions } from './customresourcedefinitions';
import { daemonSets } from './daemonsets';
import { deployments } from './deployments';
import { deviceClasses, resourceClaims, resourceClaimTemplates, resourceSlices } from './devices';
import { endpoints } from './endpoints';
import { endpointSlices } from './endpointslices';
import { events } from './events';
import { flowSchemas, priorityLevelConfigurations } from './flowcontrol';
import { ingressClasses, ingresses } from './ingresses';
import { horizontalPodAutoscalers } from './horizontalpodautoscalers';
import { jobs } from './jobs';
import { plainKind, type AnyKindRules } from './kind';
import { leases } from './leases';
import { limitRanges } from './limitranges';
import { namespaces } from './namespaces';
import { networkPolicies } from './networkpolicies';
import { nodes } from './nodes';
import { persistentVolumeClaims } from './persistentvolumeclaims';
import { persistentVolumes } from './persistentvolumes';
import { podDisruptionBudgets } from './poddisruptionbudgets';
import { pods } from './pods';
import { podTemplates } from './podtemplates';
import { priorityClasses } from './priorityclasses';
import { clusterRoleBindings, clusterRoles, roleBindings, roles } from './rbac';
import { replicaSets } from './replicasets';
import { replicationControllers } from './replicationcontrollers';
import { resourceQuotas } from './resourcequotas';
import { runtimeClasses } from './runtimeclasses';
import { schedulingPolicies } from './schedulingpolicies';
import { secrets } from './secrets';
import { ipAddresses, serviceCidrs } from './service-ranges';
import { serviceAccounts } from './serviceaccounts';
import { services } from './services';
import { statefulSets } from './statefulsets';
import { storageClasses, volumeAttributesClasses } from './storageclasses';
import { volumeAttachments } from './volumeattachments';
import { mutatingWebhookConfigurations, validatingWebhookConfigurations } from './webhookconfigurations';

const RULES = byResource<AnyKindRules>({
  namespaces,
  nodes,
  pods,
  replicationcontrollers: replicationControllers,
  podtemplates: podTemplates,
  'controllerrevisions.apps': controllerRevisions,
  'daemonsets.apps': daemonSets,
  'deployments.apps': deployments,
  'replicasets.apps': replicaSets,
  'statefulsets.apps': statefulSets,
  'horizontalpodautoscalers.autoscaling': horizontalPodAutoscalers,
  'poddisruptionbudgets.policy': podDisruptionBudgets,
  'cronjobs.batch': cronJobs,
  'jobs.batch': jobs,
  services,
  endpoints,
  configmaps: configMaps,
  secrets,
  serviceaccounts: serviceAccounts,
  events,
  'endpointslices.discovery.k8s.io': endpointSlices,
  'leases.coordination.k8s.io': leases,
  'roles.rbac.authorization.k8s.io': roles,
  'clusterroles.rbac.authorization.k8s.io': clusterRoles,
  'rolebindings.rbac.authorization.k8s.io': roleBindings,
  'clusterrolebindings.rbac.authorization.k8s.io': clusterRoleBindings,
  'certificatesigningrequests.certificates.k8s.io': certificateSigningRequests,
  'flowschemas.flowcontrol.apiserver.k8s.io': flowSchemas,
  'prioritylevelconfigurations.flowcontrol.apiserver.k8s.io': priorityLevelConfigurations,
  'apiservices.apiregistration.k8s.io': apiServices,
  'mutatingadmissionpolicies.admissionregistration.k8s.io': mutatingAdmissionPolicies,
  'mutatingadmissionpolicybindings.admissionregistration.k8s.io': mutatingAdmissionPolicyBindings,
  'mutatingwebhookconfigurations.admissionregistration.k8s.io': mutatingWebhookConfigurations,
  'validatingadmissionpolicies.admissionregistration.k8s.io': validatingAdmissionPolicies,
  'validatingadmissionpolicybindings.admissionregistration.k8s.io': validatingAdmissionPolicyBindings,
  'validatingwebhookconfigurations.admissionregistration.k8s.io': validatingWebhookConfigurations,
  'deviceclasses.resource.k8s.io': deviceClasses,
  'resourceclaims.resource.k8s.io': resourceClaims,
  'resourceclaimtemplates.resource.k8s.io': resourceClaimTemplates,
  'resourceslices.resource.k8s.io': resourceSlices,
  'customresourcedefinitions.apiextensions.k8s.io': customResourceDefinitions,
  limitranges: limitRanges,
  persistentvolumeclaims: persistentVolumeClaims,
  persistentvolumes: persistentVolumes,
  resourcequotas: resourceQuotas,
  'ingressclasses.networking.k8s.io': ingressClasses,
  'ingresses.networking.k8s.io': ingresses,
  'ipaddresses.networking.k8s.io': ipAddresses,
  'networkpolicies.networking.k8s.io': networkPolicies,
  'servicecidrs.networking.k8s.io': serviceCidrs,
  'runtimeclasses.node.k8s.io': runtimeClasses,
  'priorityclasses.scheduling.k8s.io': priorityClasses,
  'schedulingpolicies.scheduling.shiplog.dev': schedulingPolicies,
  'csidrivers.storage.k8s.io': csiDrivers,
  'csinodes.storage.k8s.io': csiNodes,
  'csistoragecapacities.storage.k8s.io': csiStorageCapacities,
  'storageclasses.storage.k8s.io': storageClasses,
  'volumeattachments.storage.k8s.io': volumeAttachments,
  'volumeattributesclasses.storage.k8s.io': volumeAttributesClasses,
});
const plain = new WeakMap<ResourceRow, AnyKindRules>();

/** Whether a resource has nothing of its own: its row and its schema say all that there is. */
export function isPlain({ id }: ResourceRow): boolean {
  return !RULES.has(id);
}

/** What is a resource's own; of one that has nothing of its own, what all have; of one that came at run time, its schemas'. */
export function rulesOf(row: ResourceRow): AnyKindRules {
  let rules = RULES.get(row.id) ?? plain.get(row);
  if (rules === undefined) plain.set(row, (rules = isCustom(row) ? customKind(row) : plainKind(row)));
  return rules;
}

function isCustom({ versions: [{ schema }] }: ResourceRow): boolean {
  return typeof schema !== 'string';
}
