import type { ObjectOf } from '@shiplog/contracts';
import { type Cidr, cidrContains, formatIp, hashText, parseCidr, parseIp, type Problems } from '@shiplog/apimachinery';
import type { AdmissionContext } from '../context';
import type { Draft } from '../kinds/kind';
import { type ReadonlyAllocations, holderKey, nodePortsOf } from './allocations';
import { needsHealthCheck } from './validate-balancer';

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
      const reason = `failed to allocate IP ${spec.clusterIP}: provided IP is already allocated`;
      problems.invalid('spec.clusterIPs', spec.clusterIPs, reason);
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

/**
 * Gives each port its NodePort where the type has them, and the service the port of its health check; checks those that are
 * asked for. As Kubernetes' allocators (pkg/registry/core/service/storage/alloc.go): a number is one service's, whatever the
 * protocol, and in a new service ports of one number have one node port.
 */
export function allocateNodePorts(
  draft: ServiceDraft,
  before: Before,
  problems: Problems,
  ctx: AdmissionContext,
): void {
  const { spec } = draft;
  if (spec?.type !== 'NodePort' && spec?.type !== 'LoadBalancer') return;
  const ledger = new PortLedger(ctx, holderKey(draft), before?.spec);
  const ports = spec.ports ?? [];
  // The node port of each of the service's own numbers.
  const known = new Map<number, number>();
  ports.forEach(({ port, nodePort }, i) => {
    if (nodePort === undefined) return;
    const isShared = before !== undefined ? ledger.isOwn(nodePort) : known.get(port) === nodePort;
    const wrong = isShared ? undefined : ledger.take(nodePort);
    if (wrong !== undefined) problems.invalid(`spec.ports[${i}].nodePort`, nodePort, wrong);
    if (!known.has(port)) known.set(port, nodePort);
  });
  allocateHealthCheck(spec, before?.spec, ledger, problems);
  // Those that were asked for are still held to the range.
  if (spec.type === 'LoadBalancer' && spec.allocateLoadBalancerNodePorts === false) return;
  ports.forEach((port, i) => {
    if (port.nodePort !== undefined) return;
    const number = (before === undefined ? known.get(port.port) : undefined) ?? ledger.takeFree(String(i));
    if (number === undefined) {
      problems.invalid(`spec.ports[${i}].nodePort`, 0, 'failed to allocate a nodePort: range is full');
      return;
    }
    port.nodePort = number;
    known.set(port.port, number);
  });
}

type Spec = NonNullable<ServiceDraft['spec']>;

/** Where a balancer asks a node whether it has endpoints of a service that it only sends to those. */
function allocateHealthCheck(spec: Spec, before: Spec | undefined, ledger: PortLedger, problems: Problems): void {
  if (!needsHealthCheck(spec)) return;
  const at = 'spec.healthCheckNodePort';
  const asked = spec.healthCheckNodePort;
  if (asked === undefined) {
    const number = ledger.takeFree('health');
    if (number === undefined) problems.invalid(at, 0, 'failed to allocate a HealthCheck NodePort: range is full');
    else spec.healthCheckNodePort = number;
  } else if (asked !== before?.healthCheckNodePort) {
    const wrong = ledger.take(asked);
    if (wrong !== undefined) {
      problems.invalid(at, asked, `failed to allocate requested HealthCheck NodePort ${asked}: ${wrong}`);
    }
  }
}

/** The node ports of the cluster while a service takes its own. */
class PortLedger {
  readonly #own = new Set<number>();
  readonly #held: ReadonlySet<number>;
  readonly #others: ReadonlyAllocations;
  /** Once it is, it is not looked through again for each port of a service. */
  #isFull = false;

  constructor(
    private readonly ctx: AdmissionContext,
    private readonly self: string,
    before: Spec | undefined,
  ) {
    this.#others = ctx.state.allocations();
    this.#held = nodePortsOf(before);
  }

  /** Whether the service had this one before, or has taken it. */
  isOwn(port: number): boolean {
    return this.#own.has(port) || this.#held.has(port);
  }

  /** Why a port can't be had; undefined when it can, and is taken. */
  take(port: number): string | undefined {
    if (this.#isTaken(port)) return 'provided port is already allocated';
    const [first, last] = this.ctx.settings.nodePortRange;
    if ((port < first || port > last) && !this.#held.has(port)) {
      return `provided port is not in the valid range. The range of valid ports is ${first}-${last}`;
    }
    this.#own.add(port);
    return undefined;
  }

  /** Takes a free one, the same for the same seed; undefined when there is none. */
  takeFree(detail: string): number | undefined {
    if (this.#isFull) return undefined;
    const [first, last] = this.ctx.settings.nodePortRange;
    const seed = hashText(`port/${detail}/${this.ctx.seed}`);
    const port = probe(first, last - first + 1, seed, (candidate) => this.#isTaken(candidate));
    if (port === undefined) this.#isFull = true;
    else this.#own.add(port);
    return port;
  }

  #isTaken(port: number): boolean {
    return this.#own.has(port) || this.#others.holdsNodePort(port, this.self);
  }
}
