import { canonicalIp } from '@shiplog/apimachinery';
import type { IsStale } from '@shiplog/hostnet';
import type { PodPorts } from './rules';

const ANY_ADDRESS = ['', '0.0.0.0', '::'];

/** UDP ports of the node: where each leads, by `address:port`, the address empty for all of them. */
export type UdpPorts = ReadonlyMap<string, string>;

/** Of several pods that claim a port the first has it, as in the rules. */
export function udpPortsOf(pods: readonly PodPorts[]): UdpPorts {
  const found = new Map<string, string>();
  for (const { ip, hostPorts } of pods) {
    for (const { hostPort, containerPort, protocol, hostIP = '' } of hostPorts) {
      const key = `${ANY_ADDRESS.includes(hostIP) ? '' : (canonicalIp(hostIP) ?? hostIP)}:${hostPort}`;
      if (protocol === 'UDP' && !found.has(key)) found.set(key, `${ip}:${containerPort}`);
    }
  }
  return found;
}

/**
 * Conversations that a change of UDP host ports leaves behind, since the kernel sees no end of them: with a pod that had a
 * port, and with the node itself, begun when no pod had it. (One that this node has with another machine, on a port of that
 * number, is forgotten with them, which changes nothing for it.) Undefined: nothing changed.
 */
export function staleHostPorts(before: UdpPorts, now: UdpPorts): IsStale | undefined {
  const changed = [...new Set([...before.keys(), ...now.keys()])].filter((key) => before.get(key) !== now.get(key));
  if (changed.length === 0) return undefined;
  const keys = new Set(changed);
  return ({ address, port, backend, backendPort, isTranslated }) =>
    [`${address}:${port}`, `:${port}`]
      .filter((key) => keys.has(key))
      .some((key) => (isTranslated ? before.get(key) === `${backend}:${backendPort}` : now.has(key)));
}
