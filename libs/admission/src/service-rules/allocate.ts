import type { ObjectOf } from '@shiplog/contracts';
import { hashText, type Problems } from '@shiplog/apimachinery';
import type { AdmissionContext } from '../context';
import type { Draft } from '../kinds/kind';
import { type ReadonlyAllocations, holderKey, nodePortsOf } from './allocations';
import { probe } from './probe';
import { needsHealthCheck } from './validate-balancer';

type ServiceDraft = Draft<'services'>;
type Before = ObjectOf<'services'> | undefined;

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
