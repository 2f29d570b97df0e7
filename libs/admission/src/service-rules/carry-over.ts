import type { ObjectOf } from '@shiplog/contracts';
import { sameJson } from '@shiplog/apimachinery';
import { carryOver } from '../kinds/kind';
import { isExternallyAccessible, needsNodePorts } from './reach';
import { needsHealthCheck } from './validate-balancer';

type Spec = NonNullable<ObjectOf<'services'>['spec']>;

const hasAddress = (spec: Spec): boolean => spec.type !== 'ExternalName';

/**
 * A client that replaces a service by its manifest leaves out what was allocated: the service keeps that. A client that
 * changes the type and sends the rest as it read it keeps none of what only the old type has. As Kubernetes' service strategy.
 */
export function carryOverService(spec: Spec, before: Spec): void {
  if (hasAddress(spec) && hasAddress(before)) {
    alignAddresses(spec, before);
    carryOver(spec, before, ['clusterIP', 'clusterIPs']);
  } else if (hasAddress(spec)) alignAddresses(spec, {});
  if (!hasAddress(spec)) dropUnchanged(spec, before, ['clusterIP', 'clusterIPs', 'ipFamilies', 'ipFamilyPolicy']);
  if (needsHealthCheck(spec) && needsHealthCheck(before)) carryOver(spec, before, ['healthCheckNodePort']);
  else if (needsHealthCheck(before)) dropUnchanged(spec, before, ['healthCheckNodePort']);
  if (before.type === 'LoadBalancer' && spec.type !== 'LoadBalancer') {
    dropUnchanged(spec, before, ['allocateLoadBalancerNodePorts', 'loadBalancerClass']);
  }
  if (isExternallyAccessible(before) && !isExternallyAccessible(spec)) {
    dropUnchanged(spec, before, ['externalTrafficPolicy']);
  }
  if (needsNodePorts(spec)) keepNodePorts(spec, before);
  else if (needsNodePorts(before)) dropNodePorts(spec, before);
}

/** An older client knows only `clusterIP`, and a patch may change it alone: the list then follows (normalizeClusterIPs). */
function alignAddresses(spec: Spec, before: Spec): void {
  const { clusterIP, clusterIPs = [] } = spec;
  if (clusterIPs.length === 0) delete spec.clusterIPs;
  if (clusterIP === before.clusterIP) return;
  if (clusterIP === undefined) {
    if (sameJson(clusterIPs, before.clusterIPs)) delete spec.clusterIPs;
  } else if (clusterIPs.length === 0 || sameJson(clusterIPs, before.clusterIPs)) spec.clusterIPs = [clusterIP];
}

/** By the ports' names, whatever else of them changed; none to a port when another one asks for it. */
function keepNodePorts(spec: Spec, before: Spec): void {
  const known = new Map(before.ports?.map(({ name = '', nodePort }) => [name, nodePort]));
  const asked = new Set(spec.ports?.map(({ nodePort }) => nodePort));
  for (const port of spec.ports ?? []) {
    const nodePort = known.get(port.name ?? '');
    if (port.nodePort === undefined && nodePort !== undefined && !asked.has(nodePort)) port.nodePort = nodePort;
  }
}

/** All of them or none: who asks for another one has not just sent back what was read. */
function dropNodePorts(spec: Spec, before: Spec): void {
  const held = new Set(before.ports?.map(({ nodePort }) => nodePort));
  const ports = spec.ports ?? [];
  if (ports.some(({ nodePort }) => nodePort !== undefined && !held.has(nodePort))) return;
  for (const port of ports) delete port.nodePort;
}

/** Whoever says something new of a field that the service no longer has is told so; what was only read is forgotten. */
function dropUnchanged(spec: Spec, before: Spec, fields: readonly (keyof Spec)[]): void {
  for (const field of fields) if (sameJson(spec[field], before[field])) delete spec[field];
}
