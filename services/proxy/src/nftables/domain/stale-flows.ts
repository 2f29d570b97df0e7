import { networkContains, parseNetwork } from '@shiplog/apimachinery';
import type { IsStale } from '@shiplog/hostnet';
import type { ElementChange } from './element-ownership';

/**
 * Conversations that changes of elements leave behind, since UDP has no end that the kernel could see: with backends that
 * a destination lost, and with nobody, begun when an address had no backend (Kubernetes #48370). Undefined: none.
 */
export function leftBehind(changes: readonly ElementChange[]): IsStale | undefined {
  const lost = new Map<string, Set<string>>();
  const kept = new Map<string, Set<string>>();
  for (const { collection, key, before, after } of changes) {
    if (!isUdp(key) || !collection.includes('_slot_')) continue;
    if (before !== undefined) add(lost, key, before);
    if (after !== undefined) add(kept, key, after);
    const [address, , port] = key.split(' . ');
    const isFirst = before === undefined && collection.endsWith('_slot_0');
    if (isFirst && port !== undefined) add(lost, key, `${address} . ${port}`);
  }
  if (lost.size === 0) return undefined;
  return ({ address, port, backend, backendPort }) => {
    const target = `${backend} . ${backendPort}`;
    return [`${address} . udp . ${port}`, `udp . ${port}`].some(
      (key) => lost.get(key)?.has(target) === true && kept.get(key)?.has(target) !== true,
    );
  };
}

/**
 * Conversations that lead where these elements, the whole table's, lead nobody: what a table was before is not known when
 * a proxy starts, or writes everything again after a failure.
 */
export function leftOver(elements: readonly ElementChange[], serviceCidr: string): IsStale {
  const backends = udpBackends(elements);
  const services = parseNetwork(serviceCidr);
  const isService = (address: string): boolean => services !== undefined && networkContains(services, address);
  return ({ address, port, backend, backendPort }) => {
    const ofAddress = backends.get(`${address} . udp . ${port}`);
    // What was never translated is no conversation with a node port, but with whoever else has a port of that number.
    const ofNodePort = backend === address ? undefined : backends.get(`udp . ${port}`);
    const wanted = ofAddress ?? (isService(address) ? NOBODY : ofNodePort);
    return wanted !== undefined && !wanted.has(`${backend} . ${backendPort}`);
  };
}

const NOBODY: ReadonlySet<string> = new Set();

/** Where each destination leads, as the maps name both; an empty set where a service has no endpoints. */
function udpBackends(elements: readonly ElementChange[]): Map<string, Set<string>> {
  const backends = new Map<string, Set<string>>();
  for (const { collection, key, after } of elements) {
    const isSlot = collection.includes('_slot_');
    if (!isUdp(key) || !(isSlot || collection.endsWith('_entries'))) continue;
    const ofKey = backends.get(key) ?? new Set<string>();
    if (isSlot && after !== undefined) ofKey.add(after);
    backends.set(key, ofKey);
  }
  return backends;
}

function isUdp(key: string): boolean {
  return /(^| )udp \. \d+$/.test(key);
}

function add(map: Map<string, Set<string>>, key: string, value: string): void {
  const values = map.get(key);
  if (values === undefined) map.set(key, new Set([value]));
  else values.add(value);
}
