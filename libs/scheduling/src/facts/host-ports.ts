import type { PodSpec } from '@shiplog/contracts';
import { hostPortsOf } from '@shiplog/kube';

/** A port of the node itself that a pod wants. */
export interface HostPort {
  readonly port: number;
  readonly protocol: string;
  /** `0.0.0.0` (as Kubernetes writes "no address given") is every address of the node. */
  readonly address: string;
}

const EVERY_ADDRESS = '0.0.0.0';

/** The host ports of a pod. */
export function wantedHostPorts(spec: PodSpec): readonly HostPort[] {
  return hostPortsOf(spec).map(({ hostPort, protocol = 'TCP', hostIP }) => ({
    port: hostPort,
    protocol,
    address: wildcard(hostIP) ? EVERY_ADDRESS : (hostIP ?? EVERY_ADDRESS),
  }));
}

function wildcard(address: string | undefined): boolean {
  return address === undefined || address === '' || address === '::' || address === EVERY_ADDRESS;
}

/** The host ports taken on one node, each with how many pods have it (more than one only when pods were forced on). */
export class HostPortsInUse {
  /** How many, by `protocol/port`, then by address. */
  readonly #taken = new Map<string, Map<string, number>>();

  /** Whether another pod has the port: on the same address, or where one of both wants every address. */
  conflicts(wanted: HostPort): boolean {
    const addresses = this.#taken.get(keyOf(wanted));
    if (addresses === undefined) return false;
    return wanted.address === EVERY_ADDRESS || addresses.has(EVERY_ADDRESS) || addresses.has(wanted.address);
  }

  add(port: HostPort): void {
    let addresses = this.#taken.get(keyOf(port));
    if (addresses === undefined) this.#taken.set(keyOf(port), (addresses = new Map()));
    addresses.set(port.address, (addresses.get(port.address) ?? 0) + 1);
  }

  remove(port: HostPort): void {
    const addresses = this.#taken.get(keyOf(port));
    const left = (addresses?.get(port.address) ?? 0) - 1;
    if (addresses === undefined) return;
    if (left > 0) addresses.set(port.address, left);
    else addresses.delete(port.address);
    if (addresses.size === 0) this.#taken.delete(keyOf(port));
  }

  /** Takes over what another has, into an empty one. */
  addAll(others: HostPortsInUse): void {
    for (const [key, addresses] of others.#taken) this.#taken.set(key, new Map(addresses));
  }
}

function keyOf(port: HostPort): string {
  return `${port.protocol}/${port.port}`;
}
