import type { Snapshot } from '../cluster-view';
import type { NodeFacts } from '../facts/node-facts';
import type { PodFacts } from '../facts/pod-facts';
import { unavailableSentence, type Filtered } from '../filtering';
import { PodChecks } from '../pod-checks';
import type { Policy, PreemptionLimits } from '../policy';
import { mix } from '../scoring';
import { leastHarm } from './choose';
import { isEndingFor, mayPreempt } from './eligibility';
import { victimsOn, type Victims } from './victims';

/** What is to be done for a pod that fits nowhere. */
export type Preemption =
  /** These pods have to go from a node, of `candidates` from which some could. */
  | { readonly kind: 'evict'; readonly victims: Victims; readonly candidates: number }
  /** Nobody's going would help, or is needed; in Kubernetes' words. */
  | { readonly kind: 'nobody'; readonly reason: string; readonly losesNomination: boolean };

/** Numbers that tell the draws of one decision apart. */
const OFFSET = 1;

/**
 * Who has to go for a pod that no node takes (DefaultPreemption of kube-scheduler). Undefined by a policy that evicts nobody.
 *
 * @param filtered why no node takes it
 */
export function preempt(
  pod: PodFacts,
  filtered: Filtered,
  snapshot: Snapshot,
  policy: Policy,
  seed: number,
): Preemption | undefined {
  if (policy.preemption === undefined || snapshot.nodes.length === 0) return undefined;
  if (!mayPreempt(pod)) {
    return { kind: 'nobody', reason: 'not eligible due to preemptionPolicy=Never.', losesNomination: false };
  }
  if (isEndingFor(pod, filtered.resolvable)) {
    const reason = 'not eligible due to a terminating pod on the nominated node.';
    return { kind: 'nobody', reason, losesNomination: false };
  }
  const { found, reasons } = findCandidates(pod, filtered.resolvable, snapshot, policy, seed);
  const victims = leastHarm(found, seed);
  if (victims !== undefined) return { kind: 'evict', victims, candidates: found.length };
  const hopeless = snapshot.nodes.length - filtered.resolvable.length;
  if (hopeless > 0) reasons.set('Preemption is not helpful for scheduling', hopeless);
  const reason = unavailableSentence(snapshot.nodes.length, { reasons });
  return { kind: 'nobody', reason, losesNomination: (pod.pod.status?.nominatedNodeName ?? '') !== '' };
}

/** Looks at nodes from one on that the seed draws, until there are enough of them to choose from. */
function findCandidates(
  pod: PodFacts,
  nodes: readonly NodeFacts[],
  snapshot: Snapshot,
  policy: Policy,
  seed: number,
): { found: readonly Victims[]; reasons: Map<string, number> } {
  const found: Victims[] = [];
  const reasons = new Map<string, number>();
  const checks = new PodChecks(pod, policy, snapshot);
  const enough = enoughOf(nodes.length, policy.preemption);
  const offset = mix(seed, OFFSET) % Math.max(nodes.length, 1);
  let isSparing = false;
  for (let i = 0; i < nodes.length && !(isSparing && found.length >= enough); i++) {
    const victims = victimsOn(nodes[(offset + i) % nodes.length] as NodeFacts, pod, checks, snapshot);
    if ('refusal' in victims) {
      for (const reason of victims.refusal) reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
      continue;
    }
    found.push(victims);
    isSparing ||= victims.violations === 0;
  }
  return { found, reasons };
}

function enoughOf(nodes: number, limits: PreemptionLimits | undefined): number {
  const { minCandidateNodesPercentage = 0, minCandidateNodesAbsolute = 0 } = limits ?? {};
  return Math.min(Math.max(Math.floor((nodes * minCandidateNodesPercentage) / 100), minCandidateNodesAbsolute), nodes);
}

/** Whether a node would take a pod if pods of lower priority went. */
export function couldMakeRoom(pod: PodFacts, node: NodeFacts, snapshot: Snapshot, policy: Policy): boolean {
  if (policy.preemption === undefined || !mayPreempt(pod)) return false;
  return !('refusal' in victimsOn(node, pod, new PodChecks(pod, policy, snapshot), snapshot));
}
