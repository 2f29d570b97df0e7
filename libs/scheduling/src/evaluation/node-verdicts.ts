import type { NodeFacts } from '../facts/node-facts';
import type { NodeTable } from '../facts/node-table';
import type { PodFacts } from '../facts/pod-facts';
import { podClass } from '../facts/pod-class';
import type { RuleRefusal } from '../pod-checks';
import { policyKey, type Policy } from '../policy';
import { Recent } from '../topology/recent';
import { isOfNode, type NodeCheck, type NodeRating, type Refusal } from '../rule';

/** No filter refuses. */
const PASSES = -1;

/**
 * What a policy's rules of scope `node` say of each node for one class of pods. They are asked again only of nodes that changed
 * since, so a decision costs what has changed, and a look at each number.
 */
export class NodeVerdicts {
  /** By slot: the place in the policy of the filter that refuses, or -1. */
  readonly refusedBy: Int16Array;
  /** By place in the policy, then by slot: what a score says; undefined for scores that say nothing, or look at more. */
  readonly ratings: readonly (Float64Array | undefined)[];
  /** By place in the policy: how many nodes a filter refuses, of several that would the first counting. */
  readonly refusedCount: Int32Array;
  /** How many nodes are refused for a reason. */
  readonly reasons = new Map<string, number>();
  readonly #refusals: (Refusal | undefined)[] = [];
  readonly #checks: readonly (NodeCheck | undefined)[];
  readonly #rates: readonly (NodeRating | undefined)[];
  /** By slot: the node's version that this is true of; 0: of none yet. */
  readonly #seen: Float64Array;

  constructor(
    private readonly table: NodeTable,
    pod: PodFacts,
    policy: Policy,
  ) {
    const size = table.nodes.length;
    this.#checks = policy.filters.map((filter) => (isOfNode(filter) ? filter.check(pod) : undefined));
    this.#rates = policy.scores.map(({ rule }) => (isOfNode(rule) ? rule.rate(pod) : undefined));
    this.#seen = new Float64Array(size);
    this.refusedBy = new Int16Array(size).fill(PASSES);
    this.refusedCount = new Int32Array(policy.filters.length);
    this.ratings = this.#rates.map((rate) => (rate === undefined ? undefined : new Float64Array(size)));
  }

  passes(slot: number): boolean {
    return this.refusedBy[slot] === PASSES;
  }

  /** Why a node is refused. */
  refusal(slot: number, policy: Policy): RuleRefusal | undefined {
    const [filter, reasons] = [policy.filters[this.refusedBy[slot] as number], this.#refusals[slot]];
    return filter === undefined || reasons === undefined ? undefined : { filter, reasons };
  }

  /** Asks again of what has changed. */
  update(): void {
    const { nodes, versions } = this.table;
    for (let slot = 0; slot < versions.length; slot++) {
      if (this.#seen[slot] === versions[slot]) continue;
      this.#seen[slot] = versions[slot] as number;
      this.#forget(slot);
      this.#ask(slot, nodes[slot] as NodeFacts);
    }
  }

  #forget(slot: number): void {
    const filter = this.refusedBy[slot] as number;
    if (filter === PASSES) return;
    this.#count(filter, this.#refusals[slot] ?? [], -1);
    this.refusedBy[slot] = PASSES;
    this.#refusals[slot] = undefined;
  }

  #ask(slot: number, node: NodeFacts): void {
    const checks = this.#checks;
    for (let filter = 0; filter < checks.length; filter++) {
      const refusal = checks[filter]?.(node);
      if (refusal === undefined) continue;
      this.refusedBy[slot] = filter;
      this.#refusals[slot] = refusal;
      return this.#count(filter, refusal, 1);
    }
    const rates = this.#rates;
    for (let score = 0; score < rates.length; score++) {
      const ratings = this.ratings[score];
      if (ratings !== undefined) ratings[slot] = rates[score]?.(node) ?? 0;
    }
  }

  #count(filter: number, reasons: readonly string[], by: 1 | -1): void {
    this.refusedCount[filter] = (this.refusedCount[filter] ?? 0) + by;
    for (const reason of reasons) {
      const count = (this.reasons.get(reason) ?? 0) + by;
      if (count === 0) this.reasons.delete(reason);
      else this.reasons.set(reason, count);
    }
  }
}

/** How many classes of pods are remembered: at 5,000 nodes, one takes some 200 KB. */
const REMEMBERED = 64;

/** The verdicts on a table's nodes by policy and class; those that were asked for longest ago are forgotten. */
export class VerdictMemory {
  readonly #byClass = new Recent<NodeVerdicts>(REMEMBERED);

  constructor(readonly table: NodeTable) {}

  /** True of the nodes as they are now. */
  of(pod: PodFacts, policy: Policy): NodeVerdicts {
    const key = `${policyKey(policy)}\n${podClass(pod)}`;
    const verdicts = this.#byClass.getOrMake(key, () => new NodeVerdicts(this.table, pod, policy));
    verdicts.update();
    return verdicts;
  }
}
