import type { ObjectOf } from '@shiplog/contracts';
import { carryOver } from '../kinds/kind';
import { sameJson } from '../values/equal';

type Spec = NonNullable<ObjectOf<'services'>['spec']>;

const hasAddress = (spec: Spec): boolean => spec.type !== 'ExternalName';
const isExternal = (spec: Spec): boolean => spec.type === 'NodePort' || spec.type === 'LoadBalancer';

/**
 * A client that replaces a service by its manifest leaves out what was allocated: the service keeps that. A client that
 * changes the type and sends the rest as it read it keeps none of what only the old type has. As Kubernetes' service strategy.
 */
export function carryOverService(spec: Spec, before: Spec): void {
  if (hasAddress(spec) && hasAddress(before)) {
    // A patch of clusterIP alone means the list too; the rules then see one change, not a contradiction.
    if (
      spec.clusterIP !== before.clusterIP &&
      spec.clusterIP !== undefined &&
      sameJson(spec.clusterIPs, before.clusterIPs)
    ) {
      spec.clusterIPs = [spec.clusterIP];
    }
    carryOver(spec, before, ['clusterIP', 'clusterIPs']);
  }
  if (!hasAddress(spec)) {
    delete spec.ipFamilies;
    delete spec.ipFamilyPolicy;
  }
  if (isExternal(spec)) keepNodePorts(spec, before);
  else if (isExternal(before)) dropNodePorts(spec, before);
}

function keepNodePorts(spec: Spec, before: Spec): void {
  // The first of several alike is the one that is meant.
  const known = new Map([...(before.ports ?? [])].reverse().map((old) => [portId(old), old]));
  for (const port of spec.ports ?? []) {
    const same = known.get(portId(port));
    if (same !== undefined) carryOver(port, same, ['nodePort']);
  }
}

const portId = ({ port, protocol }: { port: number; protocol?: string }): string => `${protocol}/${port}`;

function dropNodePorts(spec: Spec, before: Spec): void {
  const held = new Set(before.ports?.map(({ nodePort }) => nodePort));
  for (const port of spec.ports ?? []) if (held.has(port.nodePort)) delete port.nodePort;
  if (spec.externalTrafficPolicy === before.externalTrafficPolicy) delete spec.externalTrafficPolicy;
  if (spec.type !== 'LoadBalancer') delete spec.allocateLoadBalancerNodePorts;
}
