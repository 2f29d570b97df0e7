import type { Endpoint, EndpointSlice, Service, ServicePort, ServiceSpec } from '@shiplog/contracts';

/** A service in one line. */
export function aService(name: string, spec: Partial<ServiceSpec> & { ports?: ServicePort[] } = {}): Service {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { namespace: 'default', name },
    spec: { type: 'ClusterIP', clusterIP: '10.96.0.10', ports: [{ port: 80, protocol: 'TCP' }], ...spec },
  };
}

/** An endpoint on a node, ready unless said otherwise. */
export function anEndpoint(ip: string, more: Omit<Partial<Endpoint>, 'addresses'> = {}): Endpoint {
  return { addresses: [ip], conditions: { ready: true, serving: true, terminating: false }, nodeName: 'n1', ...more };
}

/** A slice of a service; its port is 8080 and has no name unless said otherwise. */
export function aSlice(service: string, endpoints: Endpoint[], more: Partial<EndpointSlice> = {}): EndpointSlice {
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { namespace: 'default', name: `${service}-1`, labels: { 'kubernetes.io/service-name': service } },
    addressType: 'IPv4',
    ports: [{ port: 8080, protocol: 'TCP' }],
    endpoints,
    ...more,
  };
}
