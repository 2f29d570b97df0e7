import type { ServiceSpec } from '@shiplog/contracts';

/** Whether pods are found by name alone: the service has no address of its own, and wants none. */
export const isHeadless = ({ clusterIP }: ServiceSpec): boolean => clusterIP === 'None';

/** Whether nodes have ports of their own for the service. */
export const needsNodePorts = ({ type }: ServiceSpec): boolean => type === 'NodePort' || type === 'LoadBalancer';

/** Whether somebody outside of the cluster can reach the service (Kubernetes' ExternallyAccessible). */
export function isExternallyAccessible(spec: ServiceSpec): boolean {
  return needsNodePorts(spec) || (spec.type === 'ClusterIP' && (spec.externalIPs ?? []).length > 0);
}
