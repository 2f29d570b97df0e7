import type { Endpoints, EndpointSlice, Service, ServicePort } from '@shiplog/contracts';
import { ageOf } from '../duration';
import { AGE, firstThree, formatLabels, joinHostPort, NAME, NONE, text, wide, type Printer } from './column';

export const servicePrinter: Printer<Service> = {
  columns: [
    NAME,
    text('Type', 'How the service is reached.'),
    text('Cluster-IP', 'The address inside the cluster.'),
    text('External-IP', 'Addresses outside the cluster.'),
    text('Port(s)', 'Ports, with their node ports and protocols.'),
    AGE,
    wide('Selector', 'Labels of the pods behind the service.'),
  ],
  cells(service, now) {
    const ports = (service.spec?.ports ?? []).map(formatPort).join(',');
    return [
      service.metadata.name ?? '',
      service.spec?.type ?? 'ClusterIP',
      service.spec?.clusterIPs?.[0] || service.spec?.clusterIP || NONE,
      externalAddress(service),
      ports || NONE,
      ageOf(service.metadata.creationTimestamp, now),
      formatLabels(service.spec?.selector),
    ];
  },
};

function formatPort(port: ServicePort): string {
  const protocol = port.protocol ?? 'TCP';
  return port.nodePort ? `${port.port}:${port.nodePort}/${protocol}` : `${port.port}/${protocol}`;
}

function externalAddress(service: Service): string {
  if (service.spec?.type === 'ExternalName') return service.spec.externalName ?? NONE;
  const given = service.spec?.externalIPs ?? [];
  if (service.spec?.type !== 'LoadBalancer') return given.join(',') || NONE;
  const ingress = service.status?.loadBalancer?.ingress ?? [];
  const balanced = ingress.map((entry) => entry.ip || entry.hostname || '').filter((address) => address !== '');
  return [...balanced, ...given].join(',') || '<pending>';
}

export const endpointsPrinter: Printer<Endpoints> = {
  columns: [NAME, text('Endpoints', 'Addresses and ports of the pods that are ready.'), AGE],
  cells(endpoints, now) {
    const subsets = endpoints.subsets ?? [];
    const all = subsets.flatMap((subset) => {
      const addresses = subset.addresses ?? [];
      const ports = subset.ports ?? [];
      if (ports.length === 0) return addresses.map((address) => address.ip);
      return ports.flatMap((port) => addresses.map((address) => joinHostPort(address.ip, port.port)));
    });
    return [
      endpoints.metadata.name ?? '',
      subsets.length === 0 ? NONE : firstThree(all),
      ageOf(endpoints.metadata.creationTimestamp, now),
    ];
  },
};

export const endpointSlicePrinter: Printer<EndpointSlice> = {
  columns: [
    NAME,
    text('AddressType', 'IPv4, IPv6 or FQDN.'),
    text('Ports', 'Ports of every endpoint in the slice.'),
    text('Endpoints', 'Addresses in the slice.'),
    AGE,
  ],
  cells(slice, now) {
    const ports = (slice.ports ?? []).map((port) => (port.port === undefined ? '*' : String(port.port)));
    const addresses = (slice.endpoints ?? []).flatMap((endpoint) => endpoint.addresses);
    return [
      slice.metadata.name ?? '',
      slice.addressType,
      firstThree(ports) || '<unset>',
      firstThree(addresses) || '<unset>',
      ageOf(slice.metadata.creationTimestamp, now),
    ];
  },
};
