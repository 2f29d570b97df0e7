import type { Snapshot } from './cluster-view';
import type { NodeFacts } from './facts/node-facts';
import type { PodFacts } from './facts/pod-facts';
import type { Policy } from './policy';
import { isOfNode, type Filter, type NodeCheck, type Refusal } from './rule';

/** A filter that refuses a node, and what it says. */
export interface RuleRefusal {
  readonly filter: Filter;
  readonly reasons: Refusal;
}

/**
 * What a policy's filters say of nodes for one pod. Those that look at more than pod and node are asked anew when the pods in
 * the cluster change (`renew`); the others need not be.
 */
export class PodChecks {
  readonly #filters: readonly Filter[];
  readonly #checks: (NodeCheck | undefined)[];
  /** Of the filters that look at the cluster. */
  readonly #places: readonly number[];

  constructor(
    private readonly pod: PodFacts,
    private readonly policy: Policy,
    private readonly cluster: Snapshot,
  ) {
    this.#filters = policy.filters;
    this.#checks = policy.filters.map((filter) => filter.check(pod, cluster));
    this.#places = policy.filters.flatMap((filter, i) => (isOfNode(filter) ? [] : [i]));
  }

  /** Whether a node that takes the pod takes it with fewer pods on it too, by all that has something to say of the pod. */
  get areMonotone(): boolean {
    return this.#filters.every(
      ({ isMonotone, unresolvable }, i) =>
        isMonotone === true || unresolvable === 'all' || this.#checks[i] === undefined,
    );
  }

  /** Pods have come to nodes or left them. */
  renew(): void {
    for (const i of this.#places) this.#checks[i] = this.#filters[i]?.check(this.pod, this.cluster);
  }

  /**
   * Why a node does not take the pod: the first filter that refuses it. It has to do so beside pods for which room is being made
   * there and that are no less important, and also without them, since they may end up elsewhere.
   */
  refusalBy(node: NodeFacts): RuleRefusal | undefined {
    return this.#refusalBesideNominated(node) ?? firstRefusal(this.#filters, this.#checks, node);
  }

  /** The same of a node that the filters which look at it alone pass: they are not asked again. */
  furtherRefusalBy(node: NodeFacts): RuleRefusal | undefined {
    for (const i of this.#places) {
      const reasons = this.#checks[i]?.(node);
      if (reasons !== undefined) return { filter: this.#filters[i] as Filter, reasons };
    }
    return this.#refusalBesideNominated(node);
  }

  #refusalBesideNominated(node: NodeFacts): RuleRefusal | undefined {
    const { nominations } = this.cluster;
    if (this.policy.preemption === undefined || nominations.isEmpty) return undefined;
    const { uid, priority } = this.pod;
    const rivals = nominations.on(node.name).filter((other) => other.uid !== uid && other.priority >= priority);
    if (rivals.length === 0) return undefined;
    for (const rival of rivals) this.cluster.place(rival, node.name);
    this.renew();
    const refusal = firstRefusal(this.#filters, this.#checks, node);
    for (const rival of rivals) this.cluster.displace(rival, node.name);
    this.renew();
    return refusal;
  }
}

/** @param checks those of the filters, in their order */
export function firstRefusal(
  filters: readonly Filter[],
  checks: readonly (NodeCheck | undefined)[],
  node: NodeFacts,
): RuleRefusal | undefined {
  for (let i = 0; i < checks.length; i++) {
    const reasons = checks[i]?.(node);
    if (reasons !== undefined) return { filter: filters[i] as Filter, reasons };
  }
  return undefined;
}
