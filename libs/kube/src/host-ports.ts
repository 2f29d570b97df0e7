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

/**
 * Those that are led into the pod: none into a pod in the node's own network, which listens there itself, and none of SCTP,
 * which no rule here leads anywhere.
 */
export function publishedPortsOf(spec: PodSpec | undefined): HostPort[] {
  if (spec?.hostNetwork === true) return [];
  return hostPortsOf(spec).flatMap(({ hostPort, containerPort, protocol = 'TCP', hostIP }) =>
    protocol === 'TCP' || protocol === 'UDP'
      ? [{ hostPort, containerPort, protocol, ...(hostIP === undefined ? {} : { hostIP }) }]
      : [],
  );
}
