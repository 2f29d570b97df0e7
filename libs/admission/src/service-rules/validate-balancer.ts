import type { ObjectOf } from '@shiplog/contracts';
import { networkText, portNumber, type Problems, qualifiedName } from '@shiplog/apimachinery';

type Spec = NonNullable<ObjectOf<'services'>['spec']>;

const ONLY_BALANCED = "may only be used when `type` is 'LoadBalancer'";
const KUBELET_PORT = 10_250;

/** Whether a balancer must ask each node if it has backends of its own. */
export const needsHealthCheck = (spec: Spec): boolean =>
  spec.type === 'LoadBalancer' && spec.externalTrafficPolicy === 'Local';

/** Kubernetes' rules for what only a service with a load balancer in front has. */
export function validateBalancer(spec: Spec, problems: Problems): void {
  const { loadBalancerClass, loadBalancerSourceRanges: ranges, healthCheckNodePort: check } = spec;
  const balanced = spec.type === 'LoadBalancer';
  if (!balanced) {
    // Kubernetes writes this one field with a capital letter.
    if (ranges !== undefined) problems.forbidden('spec.LoadBalancerSourceRanges', ONLY_BALANCED);
    if (loadBalancerClass !== undefined) problems.forbidden('spec.loadBalancerClass', ONLY_BALANCED);
    if (spec.allocateLoadBalancerNodePorts !== undefined) {
      problems.forbidden('spec.allocateLoadBalancerNodePorts', ONLY_BALANCED);
    }
  } else {
    if (loadBalancerClass !== undefined) problems.breaches('spec.loadBalancerClass', loadBalancerClass, qualifiedName);
    spec.ports?.forEach(({ port }, i) => {
      if (port !== KUBELET_PORT) return;
      const rule = `may not expose port ${KUBELET_PORT} externally since it is used by kubelet`;
      problems.invalid(`spec.ports[${i}]`, port, rule);
    });
  }
  ranges?.forEach((range, i) => problems.breaches(`spec.LoadBalancerSourceRanges[${i}]`, range.trim(), networkText));
  if (check === undefined) return;
  if (!needsHealthCheck(spec)) {
    const rule = "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'";
    problems.invalid('spec.healthCheckNodePort', check, rule);
  } else for (const wrong of portNumber(check)) problems.invalid('spec.healthCheckNodePort', check, wrong);
}

/** What a balanced service keeps for as long as it is one. */
export function validateBalancerUpdate(now: Spec, then: Spec, problems: Problems): void {
  const balanced = now.type === 'LoadBalancer' && then.type === 'LoadBalancer';
  if (balanced && now.loadBalancerClass !== then.loadBalancerClass) {
    problems.invalid('spec.loadBalancerClass', now.loadBalancerClass, 'may not change once set');
  }
  const checked = needsHealthCheck(now) && needsHealthCheck(then);
  if (checked && then.healthCheckNodePort !== undefined && now.healthCheckNodePort !== then.healthCheckNodePort) {
    problems.forbidden('spec.healthCheckNodePort', 'field is immutable');
  }
}
