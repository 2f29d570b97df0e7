import type { EndpointSlice } from '@shiplog/contracts';
import { backendAddress, canonicalIp, type IpFamily, ipFamilyOf } from '@shiplog/apimachinery';
import type { Backend } from './service-port';

/** `draining`: it ends, but still serves. */
export type Condition = 'ready' | 'draining' | 'out';

/** An endpoint that a service port may lead to. */
export interface Candidate extends Backend {
  readonly node: string | undefined;
  readonly condition: Condition;
  /** Zones for whose clients it is meant; none: the slice's maker gave no hint. */
  readonly zones: readonly string[];
}

/** Every endpoint of the named port once that has an address of the family, in an order that doesn't depend on the slices'. */
export function candidatesOf(slices: readonly EndpointSlice[], portName: string, family: IpFamily): Candidate[] {
  const found = new Map<string, Candidate>();
  for (const slice of slices) {
    if (slice.addressType !== family) continue;
    const port = (slice.ports ?? []).find(({ name }) => (name ?? '') === portName)?.port;
    if (port === undefined || port === null) continue;
    for (const endpoint of slice.endpoints ?? []) {
      const ip = servableAddress(endpoint.addresses[0], family);
      if (ip === undefined) continue;
      const zones = (endpoint.hints?.forZones ?? []).map(({ name }) => name);
      const candidate = { ip, port, node: endpoint.nodeName, condition: conditionOf(endpoint.conditions), zones };
      const other = found.get(`${ip}:${port}`);
      if (other === undefined || rank(candidate.condition) < rank(other.condition))
        found.set(`${ip}:${port}`, candidate);
    }
  }
  return [...found.values()].sort((a, b) => compare(a.ip, b.ip) || a.port - b.port);
}

/**
 * An address of a family that a service may lead to, or claim, in canonical form; undefined for any other: one that stands
 * for the node itself or its link, by which a user would reach what only the node may, whatever let it into the cluster.
 * Nor is it an IPv4 address in IPv6's clothes, which a socket would take for the IPv4 address.
 */
export function servableAddress(address: string | undefined, family: IpFamily): string | undefined {
  if (address === undefined || ipFamilyOf(address) !== family || backendAddress(address).length > 0) return undefined;
  if (family === 'IPv4') return address;
  const canonical = canonicalIp(address);
  return canonical?.includes('.') === true ? undefined : canonical;
}

/** An absent condition means ready, and serving follows ready (EndpointConditions of discovery/v1). */
function conditionOf(conditions: { ready?: boolean; serving?: boolean; terminating?: boolean } = {}): Condition {
  const ready = conditions.ready ?? true;
  if (ready) return 'ready';
  return conditions.terminating === true && (conditions.serving ?? ready) ? 'draining' : 'out';
}

function rank(condition: Condition): number {
  return { ready: 0, draining: 1, out: 2 }[condition];
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
