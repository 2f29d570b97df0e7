import type { Service } from '@shiplog/contracts';
import { countOf, type Amount } from './amounts';

const ONE = countOf(1);

/** What a service uses: its place, ports of the nodes, a load balancer. */
export function serviceUsage({ spec = {} }: Service): ReadonlyMap<string, Amount> {
  const amounts = new Map([
    ['count/services', ONE],
    ['services', ONE],
  ]);
  const { type, ports = [], allocateLoadBalancerNodePorts } = spec;
  if (type === 'LoadBalancer') amounts.set('services.loadbalancers', ONE);
  if (type !== 'LoadBalancer' && type !== 'NodePort') return amounts;
  const takesPorts = type === 'NodePort' || allocateLoadBalancerNodePorts !== false;
  const taken = takesPorts ? ports : ports.filter(({ nodePort = 0 }) => nodePort !== 0);
  if (taken.length > 0) amounts.set('services.nodeports', countOf(taken.length));
  return amounts;
}
