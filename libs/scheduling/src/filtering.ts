import type { ClusterFacts } from './facts/cluster-facts';
import type { NodeFacts } from './facts/node-facts';
import type { PodFacts } from './facts/pod-facts';
import type { NodeVerdicts } from './evaluation/node-verdicts';
import type { Policy } from './policy';
import { isOfNode, type Filter, type NodeCheck, type Refusal } from './rule';

/** Which nodes a pod may go to, and why not to the others. */
export interface Filtered {
  /** Slots of the nodes that every filter passes. */
  readonly feasible: Int32Array;
  /** How many nodes each rule refused: of several that would, the first one counts. In the policy's order. */
  readonly refused: Readonly<Record<string, number>>;
  /** How many nodes were refused for each reason. */
  readonly reasons: ReadonlyMap<string, number>;
  /** Why the pod can go nowhere, whatever the nodes are. */
  readonly podReason?: string;
}

/**
 * Which nodes the policy's filters pass: first each is asked whether any node will do; then count the verdicts of those that look
 * at the node alone, which go first in a policy; the others are asked of the nodes that are left.
 */
export function filterNodes(pod: PodFacts, policy: Policy, cluster: ClusterFacts, verdicts: NodeVerdicts): Filtered {
  const { nodes } = cluster;
  for (const filter of policy.filters) {
    const podReason = filter.refuse?.(pod, cluster);
    if (podReason === undefined) continue;
    return { feasible: NONE, refused: { [filter.name]: nodes.length }, reasons: new Map(), podReason };
  }
  const checks = checksOf(
    pod,
    policy.filters.filter((filter) => !isOfNode(filter)),
    cluster,
  );
  const counts = new Map(policy.filters.map(({ name }, i) => [name, verdicts.refusedCount[i] ?? 0]));
  const reasons = new Map(verdicts.reasons);
  const feasible = new Int32Array(nodes.length);
  let passing = 0;
  for (let slot = 0; slot < nodes.length; slot++) {
    if (!verdicts.passes(slot)) continue;
    const refusal = checks.length === 0 ? undefined : firstRefusal(checks, nodes[slot] as NodeFacts);
    if (refusal === undefined) {
      feasible[passing++] = slot;
      continue;
    }
    counts.set(refusal.rule, (counts.get(refusal.rule) ?? 0) + 1);
    for (const reason of refusal.reasons) reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
  }
  const refused = Object.fromEntries([...counts].filter(([, count]) => count > 0));
  return { feasible: feasible.subarray(0, passing), refused, reasons };
}

const NONE = new Int32Array(0);

/** Whether one of some filters refuses a node for a pod; what the pod alone says is worked out once. */
export function refusedByAny(
  pod: PodFacts,
  filters: readonly Filter[],
  cluster: ClusterFacts,
): (node: NodeFacts) => boolean {
  const checks = checksOf(pod, filters, cluster);
  return (node) => firstRefusal(checks, node) !== undefined;
}

interface RuleCheck {
  readonly rule: string;
  readonly check: NodeCheck;
}

function checksOf(pod: PodFacts, filters: readonly Filter[], cluster: ClusterFacts): readonly RuleCheck[] {
  const checks: RuleCheck[] = [];
  for (const filter of filters) {
    const check = filter.check(pod, cluster);
    if (check !== undefined) checks.push({ rule: filter.name, check });
  }
  return checks;
}

function firstRefusal(checks: readonly RuleCheck[], node: NodeFacts): { rule: string; reasons: Refusal } | undefined {
  for (const { rule, check } of checks) {
    const reasons = check(node);
    if (reasons !== undefined) return { rule, reasons };
  }
  return undefined;
}

/**
 * Why no node takes a pod, as Kubernetes says it in FailedScheduling:
 * `0/3 nodes are available: 1 node(s) were unschedulable, 2 Insufficient cpu.`
 */
export function unavailableSentence(nodes: number, { reasons, podReason }: Filtered): string {
  if (nodes === 0) return 'no nodes available to schedule pods';
  if (podReason !== undefined) return `0/${nodes} nodes are available: ${podReason}.`;
  const counted = [...reasons].map(([reason, count]) => `${count} ${reason}`).sort();
  return `0/${nodes} nodes are available: ${counted.join(', ')}.`;
}
