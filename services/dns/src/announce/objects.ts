import type { EndpointSlice, Service } from '@shiplog/contracts';
import { SERVICE_NAME_LABEL } from '@shiplog/kube';

export const NAMESPACE = 'kube-system';
/** The name that every cluster's DNS has, whatever serves it: programs look for it. */
export const SERVICE = 'kube-dns';
export const SERVICE_KEY = `${NAMESPACE}/${SERVICE}`;
const DNS_PORT = 53;
const MANAGED_BY = 'endpointslice.kubernetes.io/managed-by';
const MANAGER = 'dns.shiplog';

/** Where one instance answers. */
export interface Place {
  /** Name of its slice: unique among the instances. */
  readonly slice: string;
  readonly address: string;
  readonly port: number;
}

/** The Service through which pods reach any instance. Without a selector: no pods are behind it. */
export function dnsService(clusterIP: string): Service {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: {
      name: SERVICE,
      namespace: NAMESPACE,
      labels: { 'k8s-app': SERVICE, 'kubernetes.io/cluster-service': 'true', 'kubernetes.io/name': 'KubeDNS' },
    },
    spec: {
      type: 'ClusterIP',
      clusterIP,
      ports: [
        { name: 'dns', port: DNS_PORT, protocol: 'UDP', targetPort: DNS_PORT },
        { name: 'dns-tcp', port: DNS_PORT, protocol: 'TCP', targetPort: DNS_PORT },
      ],
    },
  };
}

/** `kube-dns-1` of the instance `dns-1`. */
export function sliceOf(instance: string): string {
  return `${SERVICE}-${instance.replace(/^dns-/, '')}`;
}

/** An instance's own slice: instances have ports of their own where they share an address. */
export function dnsSlice({ slice, address, port }: Place, isReady: boolean): EndpointSlice {
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      name: slice,
      namespace: NAMESPACE,
      labels: { [SERVICE_NAME_LABEL]: SERVICE, [MANAGED_BY]: MANAGER },
    },
    addressType: address.includes(':') ? 'IPv6' : 'IPv4',
    endpoints: [{ addresses: [address], conditions: { ready: isReady, serving: isReady, terminating: false } }],
    ports: [
      { name: 'dns', port, protocol: 'UDP' },
      { name: 'dns-tcp', port, protocol: 'TCP' },
    ],
  };
}

/** Where the instance of a slice answers, if the slice is of one of this service's instances and says that it does. */
export function placeOf({ metadata, endpoints, ports }: EndpointSlice): Place | undefined {
  if (metadata.labels?.[MANAGED_BY] !== MANAGER) return undefined;
  const [endpoint] = endpoints ?? [];
  const [address] = endpoint?.addresses ?? [];
  const port = ports?.[0]?.port;
  if (address === undefined || port === undefined || endpoint?.conditions?.ready === false) return undefined;
  return { slice: metadata.name ?? '', address, port };
}
