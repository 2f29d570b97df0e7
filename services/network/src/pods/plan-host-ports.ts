import type { HostPort, Pod } from '@shiplog/contracts';

/** The ports of the node that a pod's containers ask for; none for a pod in the node's own network. */
export function hostPortsOf(pod: Pod | undefined): HostPort[] {
  if (pod?.spec?.hostNetwork === true) return [];
  return (pod?.spec?.containers ?? [])
    .flatMap((container) => container.ports ?? [])
    .flatMap(({ hostPort = 0, containerPort, protocol, hostIP }): HostPort[] => {
      if (hostPort === 0 || protocol === 'SCTP') return [];
      return [{ hostPort, containerPort, protocol: protocol === 'UDP' ? 'UDP' : 'TCP', hostIP }];
    });
}
