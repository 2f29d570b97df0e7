import type { ClusterFacts } from './facts/cluster-facts';
import type { NodeFacts } from './facts/node-facts';
import type { PodFacts } from './facts/pod-facts';
import type { Policy } from './policy';
import type { NodeCheck, Refusal } from './rule';

/** Which nodes a pod may go to, and why not to the others. */
export interface Filtered {
  readonly feasible: readonly NodeFacts[];
  /** How many nodes each rule refused: of several that would, the first one counts. */
  readonly refused: Readonly<Record<string, number>>;
  /** How many nodes were refused for each reason. */
  readonly reasons: ReadonlyMap<string, number>;
  /** Why the pod can go nowhere, whatever the nodes are. */
  readonly podReason?: string;
}

/** Asks the policy's filters, first whether any node will do, then for each node, in the policy's order, until one refuses. */
export function filterNodes(pod: PodFacts, policy: Policy, cluster: ClusterFacts): Filtered {
  const { nodes } = cluster;
  for (const filter of policy.filters) {
    const podReason = filter.refuse?.(pod, cluster);
    if (podReason === undefined) continue;
    return { feasible: [], refused: { [filter.name]: nodes.length }, reasons: new Map(), podReason };
  }
  const checks = checksOf(pod, policy, cluster);
  const feasible: NodeFacts[] = [];
  const refused: Record<string, number> = {};
  const reasons = new Map<string, number>();
  for (const node of nodes) {
    const refusal = firstRefusal(checks, node);
    if (refusal === undefined) {
      feasible.push(node);
      continue;
    }
    refused[refusal.rule] = (refused[refusal.rule] ?? 0) + 1;
    for (const reason of refusal.reasons) reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
  }
  return { feasible, refused, reasons };
}

/** The rule that keeps a pod from a node now; undefined when the node takes it. */
export function refusingRule(
  node: NodeFacts,
  pod: PodFacts,
  policy: Policy,
  cluster: ClusterFacts,
): string | undefined {
  const refusing = policy.filters.find((filter) => filter.refuse?.(pod, cluster) !== undefined);
  return refusing?.name ?? firstRefusal(checksOf(pod, policy, cluster), node)?.rule;
}

interface RuleCheck {
  readonly rule: string;
  readonly check: NodeCheck;
}

function checksOf(pod: PodFacts, policy: Policy, cluster: ClusterFacts): readonly RuleCheck[] {
  const checks: RuleCheck[] = [];
  for (const filter of policy.filters) {
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
