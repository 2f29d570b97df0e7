import type { IpFamily } from '@shiplog/apimachinery';
import type { EndpointSlice, Service } from '@shiplog/contracts';
import { servableAddress } from './endpoint-candidates';
import { FAMILIES } from './service-port';

/** What a node answers a load balancer that asks on a port whether it has endpoints of a service. */
export interface HealthCheck {
  readonly port: number;
  readonly namespace: string;
  readonly name: string;
  /** Ready endpoints on this node; one that has addresses of both families is one. */
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
  const localEndpoints = Math.max(...FAMILIES.map((family) => readyAddresses(slices, family, node).size));
  return { port, namespace: metadata.namespace ?? '', name: metadata.name ?? '', localEndpoints };
}

function readyAddresses(slices: readonly EndpointSlice[], family: IpFamily, node: string): Set<string> {
  const ofFamily = slices.filter(({ addressType }) => addressType === family);
  const ready = ofFamily
    .flatMap(({ endpoints }) => endpoints ?? [])
    .filter(({ nodeName, conditions }) => nodeName === node && (conditions?.ready ?? true));
  return new Set(ready.flatMap(({ addresses: [ip] }) => servableAddress(ip, family) ?? []));
}
