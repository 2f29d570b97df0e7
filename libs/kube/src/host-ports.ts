import type { ContainerPort, HostPort, PodSpec } from '@shiplog/contracts';
import { isSidecar } from './containers';

/** The ports by which a pod's containers and sidecars ask for a port of their node. */
export function hostPortsOf(spec: PodSpec | undefined): readonly (ContainerPort & { readonly hostPort: number })[] {
  const { containers = [], initContainers = [] } = spec ?? {};
  return [...containers, ...initContainers.filter(isSidecar)].flatMap(({ ports = [] }) =>
    ports.flatMap((port) =>
      port.hostPort === undefined || port.hostPort === 0 ? [] : [{ ...port, hostPort: port.hostPort }],
    ),
  );
}

const PROTOCOLS: readonly string[] = ['TCP', 'UDP', 'SCTP'] satisfies HostPort['protocol'][];

/** Those that are led into the pod: none into a pod in the node's own network, which listens there itself. */
export function publishedPortsOf(spec: PodSpec | undefined): HostPort[] {
  if (spec?.hostNetwork === true) return [];
  return hostPortsOf(spec).flatMap(({ hostPort, containerPort, protocol = 'TCP', hostIP }) =>
    isProtocol(protocol) ? [{ hostPort, containerPort, protocol, ...(hostIP === undefined ? {} : { hostIP }) }] : [],
  );
}

function isProtocol(protocol: string): protocol is HostPort['protocol'] {
  return PROTOCOLS.includes(protocol);
}
