import type { Answer } from 'dns-packet';
import type { Endpoint, EndpointSlice, Service } from '@shiplog/contracts';
import type { ServiceWithSlices } from '@shiplog/kube';
import { isIpv6, parseIp } from '@shiplog/apimachinery';
import { dashed } from './reverse';

/** How long an answer may be kept, in seconds: a change should be seen soon. CoreDNS' default. */
export const TTL = 5;
/** Of SRV records: no Service says more. */
const PRIORITY = 0;
const WEIGHTS = 100;
const NO_ADDRESS = 'None';

/** A Service without an address of its own: its name is those of its endpoints. */
export function isHeadless({ spec }: Service): boolean {
  return spec?.type !== 'ExternalName' && spec?.clusterIP === NO_ADDRESS;
}

/** Addresses of a Service itself, of both families. */
export function clusterAddresses({ spec }: Service): readonly string[] {
  if (spec === undefined || spec.type === 'ExternalName') return [];
  const addresses = spec.clusterIPs ?? (spec.clusterIP === undefined ? [] : [spec.clusterIP]);
  return addresses.filter((address) => address !== NO_ADDRESS && address !== '');
}

/** Endpoints that may be told: ready ones, also those that the Service wants to be told of before. */
export function* toldEndpoints(
  slices: readonly EndpointSlice[],
): Generator<{ readonly endpoint: Endpoint; readonly address: string }> {
  for (const slice of slices) {
    for (const endpoint of slice.endpoints ?? []) {
      if (endpoint.conditions?.ready === false) continue;
      for (const address of endpoint.addresses) yield { endpoint, address };
    }
  }
}

/** The label of an endpoint below its Service: its host name, else its address. */
export function endpointLabel({ hostname }: Endpoint, address: string): string {
  return hostname === undefined || hostname === '' ? dashed(address) : hostname;
}

/** The records of addresses under one name; of other types than A and AAAA there are none. */
export function addressRecords(name: string, type: string, addresses: Iterable<string>): Answer[] {
  const isWanted = type === 'A' ? (text: string) => parseIp(text) !== undefined : type === 'AAAA' ? isIpv6 : undefined;
  if (isWanted === undefined) return [];
  const wanted = [...new Set(addresses)].filter(isWanted);
  return wanted.map((data): Answer => ({ name, type: type as 'A' | 'AAAA', ttl: TTL, class: 'IN', data }));
}

/** Records of both families: for the hint beside an SRV record. */
export function allAddressRecords(name: string, addresses: readonly string[]): Answer[] {
  return [...addressRecords(name, 'A', addresses), ...addressRecords(name, 'AAAA', addresses)];
}

/** Which ports of a Service are asked for; without a name, all that have one. */
export interface PortName {
  readonly name?: string;
  /** `tcp`, `udp`, `sctp`. */
  readonly protocol?: string;
}

/** The SRV records of a Service's ports under `name`, with the addresses of what they lead to. `host` is the Service's own name. */
export function portRecords(
  name: string,
  host: string,
  found: ServiceWithSlices,
  wanted: PortName,
): { readonly answers: Answer[]; readonly additionals: Answer[] } {
  const targets = isHeadless(found.service) ? endpointTargets(host, found, wanted) : ownTargets(host, found, wanted);
  const weight = Math.max(1, Math.floor(WEIGHTS / Math.max(1, targets.length)));
  const answers = targets.map(({ port, target }): Answer => ({
    name,
    type: 'SRV',
    ttl: TTL,
    class: 'IN',
    data: { priority: PRIORITY, weight, port, target },
  }));
  const addresses = new Map<string, string[]>();
  for (const { target, addresses: own } of targets) addresses.set(target, [...(addresses.get(target) ?? []), ...own]);
  return { answers, additionals: [...addresses].flatMap(([target, own]) => allAddressRecords(target, own)) };
}

interface Target {
  readonly port: number;
  readonly target: string;
  readonly addresses: readonly string[];
}

interface NamedPort {
  readonly name?: string;
  readonly protocol?: string;
  readonly port?: number;
}

function ownTargets(host: string, { service }: ServiceWithSlices, wanted: PortName): Target[] {
  const addresses = clusterAddresses(service);
  return matching(service.spec?.ports ?? [], wanted).map((port) => ({ port, target: host, addresses }));
}

function endpointTargets(host: string, { slices }: ServiceWithSlices, wanted: PortName): Target[] {
  return slices.flatMap((slice) => {
    const ports = matching(slice.ports ?? [], wanted);
    const endpoints = [...toldEndpoints([slice])];
    return ports.flatMap((port) =>
      endpoints.map(({ endpoint, address }) => ({
        port,
        target: `${endpointLabel(endpoint, address)}.${host}`,
        addresses: [address],
      })),
    );
  });
}

/** A port without a name has no SRV record. */
function matching(ports: readonly NamedPort[], { name, protocol }: PortName): number[] {
  return ports
    .filter((port) => (port.name ?? '') !== '' && (name === undefined || port.name === name))
    .filter((port) => protocol === undefined || (port.protocol ?? 'TCP').toLowerCase() === protocol)
    .flatMap(({ port }) => (port === undefined ? [] : [port]));
}
