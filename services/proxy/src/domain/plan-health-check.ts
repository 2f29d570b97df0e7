import type { EndpointSlice, Service } from '@shiplog/contracts';
import { isServable } from './endpoint-candidates';

/** What a node answers a load balancer that asks on a port whether it has endpoints of a service. */
export interface HealthCheck {
  readonly port: number;
  readonly namespace: string;
  readonly name: string;
  /** Ready endpoints on this node. */
  readonly localEndpoints: number;
}

/** A service that balancers only send to nodes with endpoints of it (externalTrafficPolicy: Local); undefined for another. */
export function planHealthCheck(
  { spec, metadata }: Service,
  slices: readonly EndpointSlice[],
  node: string,
): HealthCheck | undefined {
  const port = spec?.healthCheckNodePort ?? 0;
  if (port === 0 || spec?.type !== 'LoadBalancer' || spec.externalTrafficPolicy !== 'Local') return undefined;
  const addresses = new Set<string>();
  for (const { addressType, endpoints } of slices) {
    if (addressType !== 'IPv4') continue;
    for (const {
      addresses: [ip = ''],
      nodeName,
      conditions,
    } of endpoints ?? []) {
      if (nodeName === node && (conditions?.ready ?? true) && isServable(ip)) addresses.add(ip);
    }
  }
  return { port, namespace: metadata.namespace ?? '', name: metadata.name ?? '', localEndpoints: addresses.size };
}
