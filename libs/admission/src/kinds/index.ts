import { byResource, type ResourceRow } from '@shiplog/contracts';
import { customKind } from '../custom/rules';
import { apiServices } from './apiservices';
import { certificateSigningRequests } from './certificatesigningrequests';
import { configMaps } from './configmaps';
import { controllerRevisions } from './controllerrevisions';
import { customResourceDefinitions } from './customresourcedefinitions';
import { daemonSets } from './daemonsets';
import { deployments } from './deployments';
import { endpoints } from './endpoints';
import { endpointSlices } from './endpointslices';
import { events } from './events';
import { flowSchemas, priorityLevelConfigurations } from './flowcontrol';
import { plainKind, type AnyKindRules } from './kind';
import { leases } from './leases';
import { namespaces } from './namespaces';
import { nodes } from './nodes';
import { pods } from './pods';
import { clusterRoleBindings, clusterRoles, roleBindings, roles } from './rbac';
import { podTemplates } from './podtemplates';
import { replicaSets } from './replicasets';
import { replicationControllers } from './replicationcontrollers';
import { secrets } from './secrets';
import { serviceAccounts } from './serviceaccounts';
import { services } from './services';
import { statefulSets } from './statefulsets';
import { byResource, type ResourceRow } from '@shiplog/contracts';

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
  'customresourcedefinitions.apiextensions.k8s.io': customResourceDefinitions,
});
const plain = new WeakMap<ResourceRow, AnyKindRules>();

/** What is a resource's own; of one that has nothing of its own, what all have; of one that came at run time, its schemas'. */
/** Whether a resource has nothing of its own: its row and its schema say all that there is. */
export function isPlain({ id }: ResourceRow): boolean {
  return !RULES.has(id);
}

/** What is a resource's own; of one that has nothing of its own, what all have. */
export function rulesOf(row: ResourceRow): AnyKindRules {
  let rules = RULES.get(row.id) ?? plain.get(row);
  if (rules === undefined) plain.set(row, (rules = isCustom(row) ? customKind(row) : plainKind(row)));
  return rules;
}

function isCustom({ versions: [{ schema }] }: ResourceRow): boolean {
  return typeof schema !== 'string';
}
