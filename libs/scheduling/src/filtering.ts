import type { Snapshot } from './cluster-view';
import type { NodeVerdicts } from './evaluation/node-verdicts';
import type { ClusterFacts } from './facts/cluster-facts';
import type { NodeFacts } from './facts/node-facts';
import type { PodFacts } from './facts/pod-facts';
import { firstRefusal, PodChecks, type RuleRefusal } from './pod-checks';
import type { Policy } from './policy';
import type { Filter } from './rule';

/** Which nodes a pod may go to, and why not to the others. */
export interface Filtered {
  /** Slots of the nodes that every filter passes. */
  readonly feasible: Int32Array;
  /** Where none does: the nodes that might, if pods left them. */
  readonly resolvable: readonly NodeFacts[];
  /** How many nodes each rule refused: of several that would, the first one counts. In the policy's order. */
  readonly refused: Readonly<Record<string, number>>;
  /** How many nodes were refused for each reason. */
  readonly reasons: ReadonlyMap<string, number>;
  /** Why the pod can go nowhere, whatever the nodes are. */
  readonly podReason?: string;
}

/**
 * Which nodes the policy's filters pass: first each is asked whether any node will do; then count the verdicts of those that look
 * at the node alone, which go first in a policy; the others are asked of the nodes that are left, and all once more beside the
 * pods for which room is being made on a node. A pod for which that was made goes there when it can.
 */
export function filterNodes(pod: PodFacts, policy: Policy, cluster: Snapshot, verdicts: NodeVerdicts): Filtered {
  const { nodes } = cluster;
  for (const filter of policy.filters) {
    const podReason = filter.refuse?.(pod, cluster);
    if (podReason === undefined) continue;
    return { ...NOWHERE, refused: { [filter.name]: nodes.length }, podReason };
  }
  const checks = new PodChecks(pod, policy, cluster);
  const nominated = nominatedSlot(nodes, pod, policy);
  if (nominated >= 0 && checks.refusalBy(nodes[nominated] as NodeFacts) === undefined) {
    return { ...NOWHERE, feasible: Int32Array.of(nominated) };
  }
  const counts = new Map(policy.filters.map(({ name }, i) => [name, verdicts.refusedCount[i] ?? 0]));
  const reasons = new Map(verdicts.reasons);
  const feasible = new Int32Array(nodes.length);
  const refusals = new Map<number, RuleRefusal>();
  let passing = 0;
  for (let slot = 0; slot < nodes.length; slot++) {
    if (!verdicts.passes(slot)) continue;
    const refusal = checks.furtherRefusalBy(nodes[slot] as NodeFacts);
    if (refusal === undefined) {
      feasible[passing++] = slot;
      continue;
    }
    refusals.set(slot, refusal);
    counts.set(refusal.filter.name, (counts.get(refusal.filter.name) ?? 0) + 1);
    for (const reason of refusal.reasons) reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
  }
  const refused = Object.fromEntries([...counts].filter(([, count]) => count > 0));
  const isEvicting = passing === 0 && policy.preemption !== undefined;
  const resolvable = isEvicting
    ? nodes.filter((node, slot) => isResolvable(refusals.get(slot) ?? verdicts.refusal(slot, policy), pod, node))
    : [];
  return { feasible: feasible.subarray(0, passing), resolvable, refused, reasons };
}

const NOWHERE: Filtered = { feasible: new Int32Array(0), resolvable: [], refused: {}, reasons: new Map() };

function nominatedSlot(nodes: readonly NodeFacts[], { pod }: PodFacts, policy: Policy): number {
  const name = policy.preemption === undefined ? '' : (pod.status?.nominatedNodeName ?? '');
  return name === '' ? -1 : nodes.findIndex((node) => node.name === name);
}

/** Whether a node might take the pod if others left it. */
function isResolvable(refusal: RuleRefusal | undefined, pod: PodFacts, node: NodeFacts): boolean {
  if (refusal === undefined) return false;
  const { unresolvable } = refusal.filter;
  return unresolvable === undefined || (unresolvable !== 'all' && !unresolvable(refusal.reasons, pod, node));
}

/** Whether one of some filters refuses a node for a pod; what the pod alone says is worked out once. */
export function refusedByAny(
  pod: PodFacts,
  filters: readonly Filter[],
  cluster: ClusterFacts,
): (node: NodeFacts) => boolean {
  const checks = filters.map((filter) => filter.check(pod, cluster));
  return (node) => firstRefusal(filters, checks, node) !== undefined;
}

/**
 * Why no node takes a pod, as Kubernetes says it in FailedScheduling:
 * `0/3 nodes are available: 1 node(s) were unschedulable, 2 Insufficient cpu.`
 */
export function unavailableSentence(
  nodes: number,
  { reasons, podReason }: Pick<Filtered, 'reasons' | 'podReason'>,
): string {
  if (nodes === 0) return 'no nodes available to schedule pods';
  if (podReason !== undefined) return `0/${nodes} nodes are available: ${podReason}.`;
  const counted = [...reasons].map(([reason, count]) => `${count} ${reason}`).sort();
  return `0/${nodes} nodes are available: ${counted.join(', ')}.`;
}
