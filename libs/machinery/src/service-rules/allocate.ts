import type { ObjectOf } from '@shiplog/contracts';
import type { AdmissionContext } from '../context';
import type { Draft } from '../kinds/kind';
import type { Problems } from '../problems';
import { hashText } from '../values/hash';
import { type Cidr, cidrContains, formatIp, parseCidr, parseIp } from '../values/net';

type ServiceDraft = Draft<'services'>;
type Before = ObjectOf<'services'> | undefined;

function isSame(draft: ServiceDraft, other: ObjectOf<'services'>): boolean {
  return other.metadata.name === draft.metadata.name && other.metadata.namespace === draft.metadata.namespace;
}

/** Addresses that other services hold. */
function takenAddresses(draft: ServiceDraft, ctx: AdmissionContext): Set<number> {
  const taken = new Set<number>();
  for (const service of ctx.state.list('services')) {
    const address = parseIp(service.spec?.clusterIP ?? '');
    if (address !== undefined && !isSame(draft, service)) taken.add(address);
  }
  return taken;
}

/**
 * Addresses that are given away on their own start above a band at the range's beginning, which stays for addresses that
 * people choose (as in Kubernetes: a sixteenth of the range, at least 16 and at most 256).
 */
function reservedBand(range: Cidr): number {
  return Math.min(Math.max(16, Math.floor(range.size / 16)), 256);
}

function freeAddress(range: Cidr, taken: ReadonlySet<number>, seed: string): number | undefined {
  const band = range.size > 32 ? reservedBand(range) : 1;
  const start = hashText(`address/${seed}`);
  // Neither the network's nor the broadcast address.
  return probe(range.base + band, range.size - 1 - band, start, taken) ?? probe(range.base + 1, band - 1, start, taken);
}

/** The first number not taken of `count` from `first` on, starting somewhere in the middle and going round. */
function probe(first: number, count: number, start: number, taken: ReadonlySet<number>): number | undefined {
  for (let i = 0; i < count; i++) {
    const candidate = first + ((start + i) % count);
    if (!taken.has(candidate)) return candidate;
  }
  return undefined;
}

/** Gives the service its ClusterIP, or makes sure that the one it asks for is free. */
export function allocateAddress(draft: ServiceDraft, before: Before, problems: Problems, ctx: AdmissionContext): void {
  const { spec } = draft;
  const range = parseCidr(ctx.settings.serviceCidr);
  if (spec === undefined || range === undefined || spec.type === 'ExternalName' || spec.clusterIP === 'None') return;
  if (spec.clusterIP !== undefined && spec.clusterIP === before?.spec?.clusterIP) return;
  const taken = takenAddresses(draft, ctx);
  const wanted = spec.clusterIP === undefined ? undefined : parseIp(spec.clusterIP);
  if (wanted !== undefined) {
    if (cidrContains(range, wanted) && taken.has(wanted)) {
      const why = `failed to allocate IP ${spec.clusterIP}: provided IP is already allocated`;
      problems.invalid('spec.clusterIPs', spec.clusterIPs, why);
    }
    return;
  }
  const free = freeAddress(range, taken, ctx.seed);
  if (free === undefined) {
    problems.invalid('spec.clusterIPs', [], 'failed to allocate a serviceIP: range is full');
    return;
  }
  spec.clusterIP = formatIp(free);
  spec.clusterIPs = [spec.clusterIP];
}

/** Node ports that other services hold, as `protocol/port`. */
function takenPorts(draft: ServiceDraft, ctx: AdmissionContext): Set<string> {
  const taken = new Set<string>();
  for (const service of ctx.state.list('services')) {
    if (isSame(draft, service)) continue;
    for (const { nodePort, protocol } of service.spec?.ports ?? []) {
      if (nodePort !== undefined) taken.add(`${protocol}/${nodePort}`);
    }
  }
  return taken;
}

/** Gives each port its NodePort where the type has them, takes them away where it has none, and checks those asked for. */
export function allocateNodePorts(
  draft: ServiceDraft,
  before: Before,
  problems: Problems,
  ctx: AdmissionContext,
): void {
  const { spec } = draft;
  const ports = spec?.ports ?? [];
  const external = spec?.type === 'NodePort' || spec?.type === 'LoadBalancer';
  if (!external || ports.length === 0) return;
  const [first, last] = ctx.settings.nodePortRange;
  const taken = takenPorts(draft, ctx);
  const held = new Set(before?.spec?.ports?.map(({ nodePort, protocol }) => `${protocol}/${nodePort}`));
  ports.forEach((port, i) => {
    if (port.nodePort === undefined) return;
    const id = `${port.protocol}/${port.nodePort}`;
    const at = `spec.ports[${i}].nodePort`;
    if (port.nodePort < first || port.nodePort > last) {
      if (held.has(id)) return;
      problems.invalid(
        at,
        port.nodePort,
        `provided port is not in the valid range. The range of valid ports is ${first}-${last}`,
      );
    } else if (taken.has(id)) {
      problems.invalid(at, port.nodePort, 'provided port is already allocated');
    }
    taken.add(id);
  });
  // Those that were asked for are still held to the range.
  if (spec.type === 'LoadBalancer' && spec.allocateLoadBalancerNodePorts === false) return;
  ports.forEach((port, i) => {
    if (port.nodePort !== undefined) return;
    const number = freePort(first, last, `${port.protocol}`, taken, `${i}/${ctx.seed}`);
    if (number === undefined) {
      problems.invalid(`spec.ports[${i}].nodePort`, 0, 'failed to allocate a nodePort: range is full');
      return;
    }
    port.nodePort = number;
    taken.add(`${port.protocol}/${number}`);
  });
}

function freePort(
  first: number,
  last: number,
  protocol: string,
  taken: ReadonlySet<string>,
  seed: string,
): number | undefined {
  const count = last - first + 1;
  const start = hashText(`port/${seed}`);
  for (let i = 0; i < count; i++) {
    const candidate = first + ((start + i) % count);
    if (!taken.has(`${protocol}/${candidate}`)) return candidate;
  }
  return undefined;
}
