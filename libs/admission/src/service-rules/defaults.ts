import type { Draft } from '../kinds/kind';
import { isExternallyAccessible } from './reach';

const AFFINITY_SECONDS = 10_800;

/** Kubernetes' defaults of a service, filled in place; what is allocated comes later. Idempotent. */
export function defaultService(draft: Draft<'services'>): void {
  const spec = (draft.spec ??= {});
  spec.type ??= 'ClusterIP';
  spec.sessionAffinity ??= 'None';
  if (spec.sessionAffinity === 'None') delete spec.sessionAffinityConfig;
  else {
    spec.sessionAffinityConfig ??= {};
    spec.sessionAffinityConfig.clientIP ??= {};
    spec.sessionAffinityConfig.clientIP.timeoutSeconds ??= AFFINITY_SECONDS;
  }
  for (const port of spec.ports ?? []) {
    port.protocol ??= 'TCP';
    if (port.targetPort === undefined || port.targetPort === 0 || port.targetPort === '') port.targetPort = port.port;
    if (port.nodePort === 0) delete port.nodePort;
  }
  if (spec.healthCheckNodePort === 0) delete spec.healthCheckNodePort;
  defaultReach(spec);
}

type Spec = NonNullable<Draft<'services'>['spec']>;

function defaultReach(spec: Spec): void {
  if (spec.type === 'ExternalName') {
    for (const port of spec.ports ?? []) delete port.nodePort;
    return;
  }
  spec.internalTrafficPolicy ??= 'Cluster';
  if (isExternallyAccessible(spec)) spec.externalTrafficPolicy ??= 'Cluster';
  if (spec.type === 'LoadBalancer') spec.allocateLoadBalancerNodePorts ??= true;
}
