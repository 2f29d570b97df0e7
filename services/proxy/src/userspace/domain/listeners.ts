import { type IpFamily, ipFamilyOf } from '@shiplog/apimachinery';
import type { Backend, Protocol, ServicePort } from '../../domain/service-port';

/** A socket that is wanted, and what is behind it. */
export interface WantedListener {
  readonly protocol: 'tcp' | 'udp';
  readonly address: string;
  readonly port: number;
  readonly backends: readonly Backend[];
  readonly affinitySeconds: number | undefined;
  readonly service: string;
}

export function listenerName({
  protocol,
  address,
  port,
}: {
  protocol: Protocol;
  address: string;
  port: number;
}): string {
  return `${protocol} ${address.includes(':') ? `[${address}]` : address}:${port}`;
}

/**
 * The sockets for service ports: node ports on the given addresses and, of families in which this machine may hold them, cluster IPs.
 * A port without backends gets no socket, so that the kernel itself refuses.
 */
export function planListeners(
  ports: readonly ServicePort[],
  options: { addresses: readonly string[]; clusterIPs: readonly IpFamily[] },
): Map<string, WantedListener> {
  const wanted = new Map<string, WantedListener>();
  const add = (service: ServicePort, address: string, port: number, route: ServicePort['internal']): void => {
    if (service.protocol === 'sctp' || route.kind !== 'spread') return;
    const listener: WantedListener = {
      protocol: service.protocol,
      address,
      port,
      backends: route.backends,
      affinitySeconds: service.affinitySeconds,
      service: service.key,
    };
    const name = listenerName(listener);
    if (!wanted.has(name)) wanted.set(name, listener);
  };
  for (const port of ports) {
    if (options.clusterIPs.includes(port.family)) add(port, port.clusterIP, port.port, port.internal);
    const { nodePort } = port;
    if (nodePort === undefined) continue;
    for (const address of options.addresses) {
      if (ipFamilyOf(address) === port.family) add(port, address, nodePort, port.outside ?? port.external);
    }
  }
  return wanted;
}
