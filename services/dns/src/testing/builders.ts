import type { Endpoint, EndpointSlice, Service, ServiceSpec } from '@shiplog/contracts';
import { SERVICE_NAME_LABEL } from '@shiplog/kube';
import { ClusterNames } from '../domain/cluster-names';
import { Zone } from '../domain/zone';

export function aService(name: string, spec: Partial<ServiceSpec> = {}, namespace = 'default'): Service {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { namespace, name },
    spec: { type: 'ClusterIP', clusterIP: '10.96.0.20', ports: [{ name: 'http', port: 80, protocol: 'TCP' }], ...spec },
  };
}

export function aHeadless(name: string, spec: Partial<ServiceSpec> = {}): Service {
  return aService(name, { clusterIP: 'None', ...spec });
}

/** A slice of a Service; its port is 8080 and called http. */
export function aSlice(service: string, endpoints: Endpoint[], more: Partial<EndpointSlice> = {}): EndpointSlice {
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { namespace: 'default', name: `${service}-1`, labels: { [SERVICE_NAME_LABEL]: service } },
    addressType: 'IPv4',
    ports: [{ name: 'http', port: 8080, protocol: 'TCP' }],
    endpoints,
    ...more,
  };
}

export function anEndpoint(address: string, more: Partial<Endpoint> = {}): Endpoint {
  return { addresses: [address], conditions: { ready: true }, ...more };
}

/** The names of a cluster with these objects, in the namespaces default and kube-system. */
export function namesOf(...objects: readonly (Service | EndpointSlice)[]): ClusterNames {
  const names = new ClusterNames();
  for (const name of ['default', 'kube-system']) names.apply({ after: { kind: 'Namespace', metadata: { name } } });
  for (const object of objects) names.apply({ after: object });
  return names;
}

export function zoneOf(...objects: readonly (Service | EndpointSlice)[]): Zone {
  return new Zone('cluster.local', namesOf(...objects), 'kube-system/kube-dns');
}
