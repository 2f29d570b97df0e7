import { cidrContains, parseCidr, parseIp } from '@shiplog/apimachinery';
import type { ElementChange } from './element-ownership';

/** A UDP conversation that the kernel would go on sending to a backend that is gone. */
export interface StaleFlow {
  /** Undefined for a node port: any address of the node. */
  readonly address: string | undefined;
  readonly port: string;
  /** Undefined: it began when there was no backend, and goes to the address itself, where nobody is. */
  readonly backend: string | undefined;
}

/** A UDP conversation that the kernel has: the address and port that the client sends to, and those that answer. */
export interface TrackedFlow {
  readonly address: string;
  readonly port: string;
  readonly backend: string;
  readonly backendPort: string;
}

/**
 * UDP has no end that the kernel could see: a slot that changed or went leaves conversations behind, and the first slot of an
 * address finds those that began without one (Kubernetes #48370).
 */
export function staleFlows(changes: readonly ElementChange[]): StaleFlow[] {
  return changes.flatMap(({ collection, key, before }) => {
    const parts = key.split(' . ');
    const [protocol, port] = parts.slice(-2);
    if (protocol !== 'udp' || port === undefined || !collection.includes('_slot_')) return [];
    const address = parts.length === 3 ? parts[0] : undefined;
    if (before !== undefined) return [{ address, port, backend: before.split(' . ')[0] }];
    return address !== undefined && collection.endsWith('_slot_0') ? [{ address, port, backend: undefined }] : [];
  });
}

/**
 * Those of the kernel's conversations that lead where these elements, the whole table's, lead nobody: what a table was
 * before is not known when a proxy starts, or writes everything again after a failure.
 */
export function leftoverFlows(
  tracked: readonly TrackedFlow[],
  elements: readonly ElementChange[],
  serviceCidr: string,
): StaleFlow[] {
  const backends = udpBackends(elements);
  const services = parseCidr(serviceCidr);
  const isService = (address: string): boolean =>
    services !== undefined && cidrContains(services, parseIp(address) ?? 0);
  const found = new Map<string, StaleFlow>();
  for (const { address, port, backend, backendPort } of tracked) {
    const ofAddress = backends.get(`${address} . udp . ${port}`);
    // What was never translated is no conversation with a node port, but with whoever else has a port of that number.
    const ofNodePort = backend === address ? undefined : backends.get(`udp . ${port}`);
    const wanted = ofAddress ?? (isService(address) ? NOBODY : ofNodePort);
    if (wanted === undefined || wanted.has(`${backend} . ${backendPort}`)) continue;
    found.set(`${address} ${port} ${backend}`, { address, port, backend });
  }
  return [...found.values()];
}

const NOBODY: ReadonlySet<string> = new Set();

/** Where each destination leads, as the maps name both; an empty set where a service has no endpoints. */
function udpBackends(elements: readonly ElementChange[]): Map<string, Set<string>> {
  const backends = new Map<string, Set<string>>();
  for (const { collection, key, after } of elements) {
    const isSlot = collection.includes('_slot_');
    if (!/(^| )udp \. \d+$/.test(key) || !(isSlot || collection.endsWith('_entries'))) continue;
    const ofKey = backends.get(key) ?? new Set<string>();
    if (isSlot && after !== undefined) ofKey.add(after);
    backends.set(key, ofKey);
  }
  return backends;
}
