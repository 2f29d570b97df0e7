import { resourceRow, type ResourceId } from '@shiplog/contracts';
import { configMaps } from './configmaps';
import { endpoints } from './endpoints';
import { endpointSlices } from './endpointslices';
import { events } from './events';
import { plainKind, type AnyKindRules } from './kind';
import { leases } from './leases';
import { namespaces } from './namespaces';
import { nodes } from './nodes';
import { pods } from './pods';
import { replicationControllers } from './replicationcontrollers';
import { secrets } from './secrets';
import { serviceAccounts } from './serviceaccounts';
import { services } from './services';

const RULES: Readonly<Partial<Record<ResourceId, AnyKindRules>>> = {
  namespaces,
  nodes,
  pods,
  replicationcontrollers: replicationControllers,
  services,
  endpoints,
  configmaps: configMaps,
  secrets,
  serviceaccounts: serviceAccounts,
  events,
  'endpointslices.discovery.k8s.io': endpointSlices,
  'leases.coordination.k8s.io': leases,
};
const byResource = new Map<string, AnyKindRules>(Object.entries(RULES));

/** What is a resource's own; of one that has nothing of its own, what all have. */
export function rulesOf(resource: ResourceId): AnyKindRules {
  let rules = byResource.get(resource);
  if (rules === undefined) byResource.set(resource, (rules = plainKind(resourceRow(resource))));
  return rules;
}
