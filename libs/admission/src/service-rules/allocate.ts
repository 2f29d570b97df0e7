import type { ObjectOf } from '@shiplog/contracts';
import { type Cidr, cidrContains, formatIp, hashText, parseCidr, parseIp, type Problems } from '@shiplog/apimachinery';
import type { AdmissionContext } from '../context';
import type { Draft } from '../kinds/kind';
import { type ReadonlyAllocations, holderKey, portId } from './allocations';

type ServiceDraft = Draft<'services'>;
type Before = ObjectOf<'services'> | undefined;

/**
 * Addresses that are given away on their own start above a band at the range's beginning, which stays for addresses that
 * people choose (as in Kubernetes: a sixteenth of the range, at least 16 and at most 256).
 */
function reservedBand(range: Cidr): number {
  return Math.min(Math.max(16, Math.floor(range.size / 16)), 256);
}

function freeAddress(range: Cidr, isTaken: (address: number) => boolean, seed: string): number | undefined {
  const band = range.size > 32 ? reservedBand(range) : 1;
  const start = hashText(`address/${seed}`);
  // Neither the network's nor the broadcast address.
  return (
    probe(range.base + band, range.size - 1 - band, start, isTaken) ?? probe(range.base + 1, band - 1, start, isTaken)
  );
}

/** The first number not taken of `count` from `first` on, starting somewhere in the middle and going round. */
function probe(
  first: number,
  count: number,
  start: number,
  isTaken: (candidate: number) => boolean,
): number | undefined {
  for (let i = 0; i < count; i++) {
    const candidate = first + ((start + i) % count);
    if (!isTaken(candidate)) return candidate;
  }
  return undefined;
}

/** Gives the service its ClusterIP, or makes sure that the one it asks for is free. */
export function allocateAddress(draft: ServiceDraft, before: Before, problems: Problems, ctx: AdmissionContext): void {
  const { spec } = draft;
  const range = parseCidr(ctx.settings.serviceCidr);
  if (spec === undefined || range === undefined || spec.type === 'ExternalName' || spec.clusterIP === 'None') return;
  if (spec.clusterIP !== undefined && spec.clusterIP === before?.spec?.clusterIP) return;
  const self = holderKey(draft);
  const allocations = ctx.state.allocations();
  const isTaken = (address: number): boolean => allocations.holdsAddress(address, self);
  const wanted = spec.clusterIP === undefined ? undefined : parseIp(spec.clusterIP);
  if (wanted !== undefined) {
    if (cidrContains(range, wanted) && isTaken(wanted)) {
      const why = `failed to allocate IP ${spec.clusterIP}: provided IP is already allocated`;
      problems.invalid('spec.clusterIPs', spec.clusterIPs, why);
    }
    return;
  }
  const free = freeAddress(range, isTaken, ctx.seed);
  if (free === undefined) {
    problems.invalid('spec.clusterIPs', [], 'failed to allocate a serviceIP: range is full');
    return;
  }
  spec.clusterIP = formatIp(free);
  spec.clusterIPs = [spec.clusterIP];
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
  const ledger = new PortLedger(ctx.state.allocations(), holderKey(draft), first, last);
  const held = new Set(before?.spec?.ports?.map(({ nodePort = 0, protocol }) => portId(protocol, nodePort)));
  ports.forEach(({ nodePort, protocol }, i) => {
    if (nodePort === undefined) return;
    const at = `spec.ports[${i}].nodePort`;
    if (nodePort < first || nodePort > last) {
      if (held.has(portId(protocol, nodePort))) return;
      problems.invalid(
        at,
        nodePort,
        `provided port is not in the valid range. The range of valid ports is ${first}-${last}`,
      );
    } else if (ledger.isTaken(protocol, nodePort)) {
      problems.invalid(at, nodePort, 'provided port is already allocated');
    }
    ledger.take(protocol, nodePort);
  });
  // Those that were asked for are still held to the range.
  if (spec.type === 'LoadBalancer' && spec.allocateLoadBalancerNodePorts === false) return;
  ports.forEach((port, i) => {
    if (port.nodePort !== undefined) return;
    const number = ledger.takeFree(port.protocol, `${i}/${ctx.seed}`);
    if (number === undefined) {
      problems.invalid(`spec.ports[${i}].nodePort`, 0, 'failed to allocate a nodePort: range is full');
      return;
    }
    port.nodePort = number;
  });
}

/** The node ports of the cluster while a service takes its own. */
class PortLedger {
  readonly #own = new Set<string>();
  /** Protocols that have no free port left: not looked through again for each port of a service. */
  readonly #full = new Set<string | undefined>();

  constructor(
    private readonly others: ReadonlyAllocations,
    private readonly self: string,
    private readonly first: number,
    private readonly last: number,
  ) {}

  isTaken(protocol: string | undefined, port: number): boolean {
    return this.#own.has(portId(protocol, port)) || this.others.holdsNodePort(protocol, port, this.self);
  }

  take(protocol: string | undefined, port: number): void {
    this.#own.add(portId(protocol, port));
  }

  /** Takes a free one, the same for the same seed; undefined when there is none. */
  takeFree(protocol: string | undefined, seed: string): number | undefined {
    if (this.#full.has(protocol)) return undefined;
    const isTaken = (candidate: number): boolean => this.isTaken(protocol, candidate);
    const port = probe(this.first, this.last - this.first + 1, hashText(`port/${seed}`), isTaken);
    if (port === undefined) this.#full.add(protocol);
    else this.take(protocol, port);
    return port;
  }
}
