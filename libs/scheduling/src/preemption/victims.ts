import type { Snapshot } from '../cluster-view';
import { isCharged, type Budgets, type StoredBudget } from '../facts/budgets';
import type { NodeFacts } from '../facts/node-facts';
import { byImportance } from '../facts/pods-by-importance';
import type { PodFacts } from '../facts/pod-facts';
import type { PodChecks } from '../pod-checks';
import type { Refusal } from '../rule';

/** Who has to go from a node so that it takes a pod. */
export interface Victims {
  readonly node: string;
  /** The most important first. */
  readonly pods: readonly PodFacts[];
  /** How many of them their budgets can't spare. */
  readonly violations: number;
}

const NOBODY: Refusal = ['No preemption victims found for incoming pod'];

/**
 * The victims that a pod needs on a node: of all pods of lower priority, those that can't come back once it is there. Who its
 * budget can't spare is let back first, then the others, the more important ones first (SelectVictimsOnNode of kube-scheduler).
 * Or the reasons for which the node would refuse the pod even without all of them. The snapshot is left as it was.
 */
export function victimsOn(
  node: NodeFacts,
  pod: PodFacts,
  checks: PodChecks,
  snapshot: Snapshot,
): Victims | { readonly refusal: Refusal } {
  if (node.pods.lowestPriority >= pod.priority) return { refusal: NOBODY };
  const { violating, others } = byBudget(node.pods.below(pod.priority), snapshot.budgets);
  const whatIf = new WhatIf(node, checks, snapshot);
  const order = [...violating, ...others];
  const { refusal, kept } = makeRoom(order, whatIf, checks.areMonotone);
  const gone = order.slice(kept);
  const victims = refusal === undefined ? gone.filter((other) => !whatIf.returns(other)) : gone;
  for (const victim of victims) snapshot.place(victim, node.name);
  checks.renew();
  if (refusal !== undefined) return { refusal };
  if (victims.length === 0) return { refusal: NOBODY };
  const violations = victims.filter((victim) => violating.includes(victim)).length;
  return { node: node.name, pods: [...victims].sort(byImportance), violations };
}

/**
 * Displaces pods until the node takes the preemptor. Where fewer pods never hurt, from the end: who then is still there would
 * come back anyway. Otherwise all of them.
 */
function makeRoom(
  order: readonly PodFacts[],
  whatIf: WhatIf,
  isMonotone: boolean,
): { refusal: Refusal | undefined; kept: number } {
  let kept = order.length;
  let refusal: Refusal | undefined = NOBODY;
  while (kept > 0 && (refusal !== undefined || !isMonotone)) {
    kept -= 1;
    whatIf.displace(order[kept] as PodFacts);
    if (isMonotone || kept === 0) refusal = whatIf.refusal();
  }
  return { refusal, kept };
}

/** A node from which pods are taken, and to which they come back. */
class WhatIf {
  constructor(
    private readonly node: NodeFacts,
    private readonly checks: PodChecks,
    private readonly snapshot: Snapshot,
  ) {}

  displace(pod: PodFacts): void {
    this.snapshot.displace(pod, this.node.name);
  }

  refusal(): Refusal | undefined {
    this.checks.renew();
    return this.checks.refusalBy(this.node)?.reasons;
  }

  /** Whether there is room for this one too, which then is there. */
  returns(pod: PodFacts): boolean {
    this.snapshot.place(pod, this.node.name);
    if (this.refusal() === undefined) return true;
    this.displace(pod);
    return false;
  }
}

/** Which pods their budgets can't spare, when they are asked one after the other (filterPodsWithPDBViolation). */
function byBudget(
  pods: readonly PodFacts[],
  budgets: Budgets,
): { readonly violating: readonly PodFacts[]; readonly others: readonly PodFacts[] } {
  const left = new Map<StoredBudget, number>();
  const violating: PodFacts[] = [];
  const others: PodFacts[] = [];
  for (const pod of pods) {
    let isSpared = true;
    for (const budget of budgets.of(pod)) {
      if (isCharged(budget, pod)) continue;
      const allowed = (left.get(budget) ?? budgets.allowed(budget)) - 1;
      left.set(budget, allowed);
      if (allowed < 0) isSpared = false;
    }
    (isSpared ? others : violating).push(pod);
  }
  return { violating, others };
}
