import type { NodeScore } from '@shiplog/contracts';
import type { Snapshot } from './cluster-view';
import type { PodFacts } from './facts/pod-facts';
import { filterNodes } from './filtering';
import type { Policy } from './policy';
import type { Refusal } from './rule';
import { rankNodes } from './scoring';

/** What every rule says of a node for one pod. */
export interface NodeExplanation {
  readonly node: string;
  /** By filter, the reasons for which it refuses the node; empty when it doesn't. */
  readonly refusals: Readonly<Record<string, readonly string[]>>;
  /** The points by score; absent for a node that a filter refuses, which is not rated. */
  readonly score?: NodeScore;
}

/**
 * Every node, every rule: the detail that a decision doesn't record because it can be worked out again. All nodes that fit are rated, also
 * where the policy has the best of a part of them taken.
 */
export function explain(snapshot: Snapshot, pod: PodFacts, policy: Policy): readonly NodeExplanation[] {
  const checks = policy.filters.map((filter) => {
    const podReason = filter.refuse?.(pod, snapshot);
    const check = podReason === undefined ? filter.check(pod, snapshot) : (): Refusal => [podReason];
    return { name: filter.name, check };
  });
  const explained = snapshot.nodes.map((facts) => ({
    facts,
    refusals: Object.fromEntries(checks.map(({ name, check }) => [name, check?.(facts) ?? []] as const)),
  }));
  const verdicts = snapshot.verdicts.of(pod, policy);
  const { feasible } = filterNodes(pod, policy, snapshot, verdicts);
  const ranking = rankNodes(feasible, pod, policy, snapshot, verdicts);
  const scores = new Map([...feasible].map((slot, i) => [snapshot.nodes[slot], ranking.scoreOf(i)]));
  return explained.map(({ facts, refusals }) => ({ node: facts.name, refusals, score: scores.get(facts) }));
}
