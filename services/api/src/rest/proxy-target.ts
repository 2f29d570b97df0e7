import { statusOf } from '@shiplog/apimachinery';
import type { EndpointSlice, ObjectOf, Pod } from '@shiplog/contracts';
import { throwStatus } from './errors';
import { portOf } from './session-options';

/** What a proxy's path names: `name`, `name:port` or `scheme:name:port`. */
export interface ProxyId {
  readonly scheme: 'http' | 'https';
  readonly name: string;
  /** A number, or the name of a port; '' for the one there is. */
  readonly port: string;
}

/** Throws 400 for what is none (SplitSchemeNamePort of k8s.io/apimachinery). */
export function proxyId(id: string, kind: 'pod' | 'service' | 'node'): ProxyId {
  const parts = id.split(':');
  const [scheme = '', name = '', port = ''] = parts.length === 3 ? parts : ['', ...parts];
  if (parts.length > 3 || name === '' || !['', 'http', 'https'].includes(scheme))
    throwStatus(statusOf.badRequest(`invalid ${kind} request ${JSON.stringify(id)}`));
  return { scheme: scheme === 'https' ? 'https' : 'http', name, port };
}

/** The port of a pod that is meant: the one asked for, or the first that a container has. Throws 400 for what is no port. */
export function podPort({ spec }: Pod, { port, scheme }: ProxyId): number {
  const first = spec?.containers.flatMap(({ ports = [] }) => ports)[0]?.containerPort;
  if (port === '') return first ?? (scheme === 'https' ? 443 : 80);
  return portOf(port) ?? throwStatus(statusOf.badRequest(`invalid port ${JSON.stringify(port)}`));
}

/** One pod behind a Service, and the port that it listens on. */
export interface ServiceEndpoint {
  readonly pod: string;
  readonly port: number;
}

/** The ready pods behind a Service's port. Throws 503 where there are none (ResourceLocation of pkg/registry/core/service). */
export function serviceEndpoints(
  { spec }: ObjectOf<'services'>,
  slices: readonly EndpointSlice[],
  { name, port }: ProxyId,
): [ServiceEndpoint, ...ServiceEndpoint[]] {
  const { ports = [] } = spec ?? {};
  const numbered = portOf(port);
  const offered = port === '' ? ports[0] : ports.find((item) => item.name === port || item.port === numbered);
  if (offered === undefined && numbered !== undefined)
    throwStatus(statusOf.unavailable(`no service port ${numbered} found for service ${JSON.stringify(name)}`));
  const portName = offered?.name ?? port;
  const [first, ...others] = slices.flatMap(({ endpoints = [], ports: served = [] }) => {
    const number = served.find((item) => (item.name ?? '') === portName)?.port;
    const ready = endpoints.filter(({ conditions }) => conditions?.ready !== false);
    const pods = ready.flatMap(({ targetRef }) => (targetRef?.kind === 'Pod' ? [targetRef.name ?? ''] : []));
    return number === undefined ? [] : pods.map((pod) => ({ pod, port: number }));
  });
  if (first === undefined)
    throwStatus(statusOf.unavailable(`no endpoints available for service ${JSON.stringify(name)}`));
  return [first, ...others];
}
