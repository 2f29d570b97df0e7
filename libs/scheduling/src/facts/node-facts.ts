import type { Taint } from '@shiplog/contracts';
import type { StoredNode } from '@shiplog/kube';
import { amountsOf, type Amounts } from './amounts';
import { HostPortsInUse } from './host-ports';
import { PodsByImportance } from './pods-by-importance';
import { imageSizesOf, type ImageSizes } from './images';
import type { PodFacts } from './pod-facts';

const NO_LABELS: Readonly<Record<string, string>> = {};
const NO_TAINTS: readonly Taint[] = [];

/** What a node object says, worked out once for each version of it. */
interface Offer {
  readonly labels: Readonly<Record<string, string>>;
  readonly taints: readonly Taint[];
  readonly allocatable: Amounts;
  readonly cpuAndMemory: CpuAndMemory;
  readonly images: ImageSizes;
}

/** The two amounts that every rating reads, as fields: a lookup by name for each node would be most of its cost. */
export interface CpuAndMemory {
  readonly cpu: number;
  readonly memory: number;
}

/**
 * What rules want to know of a node: what it offers, and what the pods on it have taken. The sums are kept with each pod
 * that comes and goes, so a decision reads them and never walks over pods.
 */
export class NodeFacts {
  readonly #offer: Offer;
  readonly #requested = new Map<string, number>();
  readonly #podsByOwner = new Map<string, number>();
  readonly hostPorts = new HostPortsInUse();
  /** The pods on it. */
  readonly pods = new PodsByImportance();
  readonly #share = { cpu: 0, memory: 0 };
  readonly #likelyUse = { cpu: 0, memory: 0 };
  podCount = 0;

  /**
   * A node without pods.
   *
   * @param index its number in the view that it is of (see `NodeDomains`); -1 outside of any
   */
  constructor(
    readonly node: StoredNode,
    readonly index = -1,
    offer: Offer = offerOf(node),
  ) {
    this.#offer = offer;
  }

  get name(): string {
    return this.node.metadata.name;
  }
  get labels(): Readonly<Record<string, string>> {
    return this.#offer.labels;
  }
  get taints(): readonly Taint[] {
    return this.#offer.taints;
  }
  get unschedulable(): boolean {
    return this.node.spec?.unschedulable === true;
  }
  /** What the node has for pods. */
  get allocatable(): Amounts {
    return this.#offer.allocatable;
  }
  get images(): ImageSizes {
    return this.#offer.images;
  }
  /** What the pods on it have asked for. */
  get requested(): Amounts {
    return this.#requested;
  }

  /** Of `allocatable`; 0 where nothing is offered. */
  get offers(): CpuAndMemory {
    return this.#offer.cpuAndMemory;
  }
  /** Of `requested`. */
  get share(): CpuAndMemory {
    return this.#share;
  }
  /** See `PodFacts.likelyUse`. */
  get likelyUse(): CpuAndMemory {
    return this.#likelyUse;
  }

  podsOfOwner(owner: string): number {
    return this.#podsByOwner.get(owner) ?? 0;
  }

  add(pod: PodFacts): void {
    this.#count(pod, 1);
    this.pods.add(pod);
    for (const port of pod.hostPorts) this.hostPorts.add(port);
  }

  /** The exact inverse of `add`. */
  remove(pod: PodFacts): void {
    this.#count(pod, -1);
    this.pods.remove(pod);
    for (const port of pod.hostPorts) this.hostPorts.remove(port);
  }

  /** The same with sums of its own: for a what-if, or after the node object changed. */
  copy(node: StoredNode = this.node): NodeFacts {
    const copy = new NodeFacts(node, this.index, node === this.node ? this.#offer : undefined);
    for (const [name, amount] of this.#requested) copy.#requested.set(name, amount);
    for (const [owner, count] of this.#podsByOwner) copy.#podsByOwner.set(owner, count);
    copy.hostPorts.addAll(this.hostPorts);
    copy.pods.addAll(this.pods);
    Object.assign(copy.#share, this.#share);
    Object.assign(copy.#likelyUse, this.#likelyUse);
    copy.podCount = this.podCount;
    return copy;
  }

  #count(pod: PodFacts, sign: 1 | -1): void {
    this.podCount += sign;
    for (const [name, amount] of pod.requests) increase(this.#requested, name, sign * amount);
    if (pod.owner !== undefined) increase(this.#podsByOwner, pod.owner, sign);
    this.#share.cpu = this.#requested.get('cpu') ?? 0;
    this.#share.memory = this.#requested.get('memory') ?? 0;
    this.#likelyUse.cpu += sign * pod.likelyUse.cpu;
    this.#likelyUse.memory += sign * pod.likelyUse.memory;
  }
}

function offerOf(node: StoredNode): Offer {
  const allocatable = amountsOf(node.status?.allocatable ?? node.status?.capacity);
  return {
    labels: node.metadata.labels ?? NO_LABELS,
    taints: node.spec?.taints ?? NO_TAINTS,
    allocatable,
    cpuAndMemory: { cpu: allocatable.get('cpu') ?? 0, memory: allocatable.get('memory') ?? 0 },
    images: imageSizesOf(node.status?.images),
  };
}

/** What comes back to zero is taken out, so that a map never outgrows what is there. */
function increase(amounts: Map<string, number>, name: string, by: number): void {
  const sum = (amounts.get(name) ?? 0) + by;
  if (sum === 0) amounts.delete(name);
  else amounts.set(name, sum);
}
