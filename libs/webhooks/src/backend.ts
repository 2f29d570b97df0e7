import type { EndpointSlice, ObjectOf, ResourceId } from '@shiplog/contracts';
import { SERVICE_NAME_LABEL } from '@shiplog/kube';

const SLICES = 'endpointslices.discovery.k8s.io';
const HTTPS = 443;

/** Where the server behind a Service listens. */
export interface Backend {
  /** Each of them serves it. */
  readonly addresses: readonly [string, ...string[]];
  readonly port: number;
  /** The name that its certificate must be for. */
  readonly serverName: string;
}

/** Why there is no server, as the condition Available of an APIService says it. */
export interface Unavailable {
  readonly reason: string;
  readonly message: string;
}

/** What is known of Services and their endpoints: a projection, or a state. */
export interface Services {
  get<R extends ResourceId>(resource: R, namespace: string, name: string): ObjectOf<R> | undefined;
  list<R extends ResourceId>(resource: R, namespace?: string): readonly ObjectOf<R>[];
}

/** A Service as those name it who have a server behind it. */
export interface ServiceReference {
  readonly name?: string;
  readonly namespace?: string;
  readonly port?: number;
}

/** The server behind a Service: its ready endpoints, by the checks of Kubernetes' aggregator. */
export function backendOfService(
  services: Services,
  { name = '', namespace = '', port = HTTPS }: ServiceReference,
): Backend | Unavailable {
  const service = services.get('services', namespace, name);
  const about = `${name}/${namespace}`;
  if (service === undefined) {
    return { reason: 'ServiceNotFound', message: `service/${name} in "${namespace}" is not present` };
  }
  const serverName = `${name}.${namespace}.svc`;
  if (service.spec?.type === 'ExternalName') {
    return { addresses: [service.spec.externalName ?? ''], port, serverName };
  }
  const offered = service.spec?.ports?.find((item) => item.port === port);
  if (offered === undefined) {
    return {
      reason: 'ServicePortError',
      message: `service/${name} in "${namespace}" is not listening on port ${port}`,
    };
  }
  const slices = services
    .list(SLICES, namespace)
    .filter(({ metadata }) => metadata.labels?.[SERVICE_NAME_LABEL] === name);
  if (slices.length === 0) {
    return { reason: 'EndpointsNotFound', message: `cannot find endpoints for service/${name} in "${namespace}"` };
  }
  return (
    readyBackend(slices, offered.name ?? '', serverName) ?? {
      reason: 'MissingEndpoints',
      message: `endpoints for service/${about} have no addresses with port name "${offered.name ?? ''}"`,
    }
  );
}

function readyBackend(slices: readonly EndpointSlice[], portName: string, serverName: string): Backend | undefined {
  for (const { ports = [], endpoints = [] } of slices) {
    const port = ports.find((item) => (item.name ?? '') === portName)?.port;
    const ready = endpoints.filter(({ conditions }) => conditions?.ready !== false);
    const [first, ...others] = ready.flatMap(({ addresses }) => addresses);
    if (port !== undefined && first !== undefined) return { addresses: [first, ...others], port, serverName };
  }
  return undefined;
}
