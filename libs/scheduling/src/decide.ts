import type { SchedulingDecision } from '@shiplog/contracts';
import { AssumedState, EvictingState, type AssumedBinding, type AssumedPreemption } from './assumed-state';
import type { Snapshot } from './cluster-view';
import type { ClusterFacts } from './facts/cluster-facts';
import type { NodeFacts } from './facts/node-facts';
import type { PodFacts } from './facts/pod-facts';
import { filterNodes, unavailableSentence, type Filtered } from './filtering';
import { PodChecks } from './pod-checks';
import type { Policy } from './policy';
import type { RecordedPolicy } from './policies/policy-index';
import { preempt } from './preemption/preempt';
import { bestNodes, candidatesOf, chooseNode, mix, rankNodes } from './scoring';
import type { VolumePlan } from './volumes/volume-plan';

export type { AssumedBinding, AssumedPreemption } from './assumed-state';

/** How many nodes a decision records with their points; the rest can be worked out again. */
const RECORDED_NODES = 3;

interface Unplaced {
  readonly pod: PodFacts;
  /** The rules whose refusals must change before it is worth looking again. */
  readonly refusedBy: readonly string[];
  readonly sentence: string;
  readonly decision: SchedulingDecision;
}

/** What became of a pod in a batch. */
export type Verdict =
  | { readonly outcome: 'fits'; readonly pod: PodFacts; readonly node: string; readonly decision: SchedulingDecision }
  | (Unplaced & {
      readonly outcome: 'fits nowhere';
      /** Also the node that it was nominated to will not do: room is no longer to be made for it there. */
      readonly losesNomination: boolean;
    })
  /** It fits nowhere before others have gone: it is nominated to their node. */
  | (Unplaced & {
      readonly outcome: 'preempts';
      readonly node: string;
      /** The most important first. */
      readonly victims: readonly PodFacts[];
      /** Less important pods that were nominated to the node: room is no longer made for them there. */
      readonly outranked: readonly PodFacts[];
    })
  /** It fits, once its claims have got their volumes: to be looked at again when they have. */
  | { readonly outcome: 'needs volumes'; readonly pod: PodFacts; readonly node: string; readonly plan: VolumePlan }
  /** It would fit, were it not for pods of the same batch: to be looked at again when their bindings are known. */
  | { readonly outcome: 'retry in next batch'; readonly pod: PodFacts };

/**
 * Decides on pods one after the other, most urgent first: each counts as placed for those after it. A pod is said to fit
 * nowhere only of the snapshot as it is, never because of bindings that are not made yet, which may be refused; so is who has
 * to go for it, except for what pods before it evict. The snapshot is left as it was.
 *
 * @param fallback the policy by which pods are decided on that name none; each other pod is by its own
 */
export function decideBatch(
  snapshot: Snapshot,
  pods: readonly PodFacts[],
  seed: number,
  fallback: Policy,
): readonly Verdict[] {
  const policyFor = ({ pod }: PodFacts): Policy => snapshot.policies.policyFor(pod, fallback);
  const state = new AssumedState(snapshot);
  const unplaced: { i: number; pod: PodFacts; alone: PlainVerdict | undefined }[] = [];
  const verdicts = pods.map((pod, i): Verdict => {
    if (state.volumes.awaits(pod)) return { outcome: 'retry in next batch', pod };
    const verdict = decideOne(state, pod, mix(seed, i), policyFor(pod), state.assumed);
    if (verdict.outcome === 'fits') state.assume(pod, verdict.node);
    if (verdict.outcome === 'needs volumes') state.promise(verdict.plan);
    if (verdict.outcome === 'fits nowhere') unplaced.push({ i, pod, alone: state.hasAssumed ? undefined : verdict });
    return verdict;
  });
  const { bindings } = state;
  state.release();
  const evicting = new EvictingState(snapshot);
  for (const { i, pod, alone } of unplaced) {
    const [pick, policy] = [mix(seed, i), policyFor(pod)];
    const verdict = alone ?? decideOne(snapshot, pod, pick, policy, 0);
    verdicts[i] = decideEviction(evicting, verdict, bindings, pick, policy);
  }
  return verdicts;
}

/** Who has to go for a pod that fits nowhere as things are, if that stays so with what the batch binds. */
function decideEviction(
  state: EvictingState,
  alone: PlainVerdict,
  bindings: readonly AssumedBinding[],
  seed: number,
  policy: Policy,
): Verdict {
  const verdict = withEviction(state, alone, seed, policy);
  if (verdict.outcome !== 'preempts') return verdict;
  if (!staysPossible(state, verdict, bindings, policy)) return { outcome: 'retry in next batch', pod: alone.pod };
  state.assume(verdict);
  return verdict;
}

/** Of a pod that fits nowhere as things are: who has to go. Whoever fits is hindered by the batch alone. */
function withEviction(state: EvictingState, verdict: PlainVerdict, seed: number, policy: Policy): Verdict {
  const { pod } = verdict;
  if (verdict.outcome !== 'fits nowhere') return { outcome: 'retry in next batch', pod };
  const { filtered, ...plain } = verdict;
  const { refusedBy, sentence, decision } = plain;
  const preemption = preempt(pod, filtered, state, policy, seed);
  if (preemption === undefined) return plain;
  if (preemption.kind === 'evict') {
    const { victims, candidates } = preemption;
    const { node, pods, violations } = victims;
    const outranked = state.nominations.on(node).filter(({ priority }) => priority < pod.priority);
    const record = { node, victims: pods.map(refOf), violations, candidates, assumed: state.assumed };
    const evicts = { outcome: 'preempts', node, victims: pods, outranked } as const;
    return { pod, refusedBy, sentence, ...evicts, decision: { ...decision, preemption: record } };
  }
  // Nobody is told that all is in vain because of evictions that are not made yet.
  if (state.assumed > 0 && preempt(pod, filtered, state.before, policy, seed)?.kind === 'evict') {
    return { outcome: 'retry in next batch', pod };
  }
  const { losesNomination, reason } = preemption;
  return { ...plain, losesNomination, sentence: `${sentence} preemption: ${reason}` };
}

/** Whether the pod fits when its victims are gone also with what the batch binds: else it is decided on again, with that known. */
function staysPossible(
  state: EvictingState,
  { pod, node, victims }: Extract<Verdict, { outcome: 'preempts' }>,
  bindings: readonly AssumedBinding[],
  policy: Policy,
): boolean {
  if (bindings.length === 0) return true;
  const facts = state.nodes.find(({ name }) => name === node);
  for (const binding of bindings) state.place(binding.pod, binding.node);
  for (const victim of victims) state.displace(victim, node);
  const refusal = facts && new PodChecks(pod, policy, state).refusalBy(facts);
  for (const victim of victims) state.place(victim, node);
  for (const binding of bindings) state.displace(binding.pod, binding.node);
  return refusal === undefined;
}

/** What names a pod in commands and records. */
export function refOf({ uid, pod }: PodFacts): { namespace: string; name: string; uid: string } {
  return { namespace: pod.metadata.namespace ?? '', name: pod.metadata.name, uid };
}

/**
 * Makes a recorded decision again: `snapshot` is the state at the event's basis, `assumed` the bindings that the events of
 * the same command before it made, `preempted` its preemptions. Same inputs, same decision, whatever happened since. The policy
 * is that which the decision names, in that version and with that content, or this throws.
 */
export function decideAgain(
  snapshot: Snapshot,
  assumed: readonly AssumedBinding[],
  pod: PodFacts,
  recorded: RecordedPolicy & Pick<SchedulingDecision, 'seed'>,
  preempted: readonly AssumedPreemption[] = [],
): SchedulingDecision {
  const policy = snapshot.policies.policyOfDecision(pod.pod, recorded);
  const state = new AssumedState(snapshot);
  for (const binding of assumed) state.assume(binding.pod, binding.node);
  const verdict = decideOne(state, pod, recorded.seed, policy, state.assumed);
  state.release();
  if (verdict.outcome === 'needs volumes') throw new Error(`pod ${pod.uid} had no volumes yet: it was not bound`);
  if (verdict.outcome === 'fits') return verdict.decision;
  const evicting = new EvictingState(snapshot);
  for (const preemption of preempted) evicting.assume(preemption);
  const evicts = withEviction(evicting, verdict, recorded.seed, policy);
  return evicts.outcome === 'preempts' ? evicts.decision : verdict.decision;
}

type PlainVerdict =
  | Extract<Verdict, { outcome: 'fits' | 'needs volumes' }>
  | (Extract<Verdict, { outcome: 'fits nowhere' }> & { readonly filtered: Filtered });

function decideOne(cluster: Snapshot, pod: PodFacts, seed: number, policy: Policy, assumed: number): PlainVerdict {
  const { nodes } = cluster;
  const verdicts = cluster.verdicts.of(pod, policy);
  const filtered = filterNodes(pod, policy, cluster, verdicts);
  const { feasible, refused } = filtered;
  const record = { ...namesOf(policy), seed, refused, nodes: nodes.length, assumed };
  if (feasible.length === 0) {
    return {
      outcome: 'fits nowhere',
      pod,
      refusedBy: Object.keys(refused),
      sentence: unavailableSentence(nodes.length, filtered),
      losesNomination: false,
      filtered,
      decision: { ...record, top: [] },
    };
  }
  const candidates = candidatesOf(feasible, nodes.length, policy.percentageOfNodesToScore, seed);
  const ranking = rankNodes(candidates, pod, policy, cluster, verdicts);
  const chosen = chooseNode(ranking, seed);
  const winner = nodes[candidates[chosen] ?? -1];
  const node = winner?.name ?? '';
  const plan = winner === undefined ? undefined : planOf(pod, winner, cluster, policy);
  if (plan !== undefined) return { outcome: 'needs volumes', pod, node, plan };
  const top = bestNodes(ranking, chosen, RECORDED_NODES);
  const considered = candidates.length < feasible.length ? { considered: candidates.length } : {};
  return { outcome: 'fits', pod, node, decision: { ...record, ...considered, winner: node, top } };
}

/** What a decision says of the policy that made it. */
function namesOf({ id, origin }: Policy): RecordedPolicy {
  return origin === undefined ? { policy: id } : { policy: id, policyHash: origin.hash, policyBase: origin.base };
}

function planOf(pod: PodFacts, node: NodeFacts, cluster: ClusterFacts, policy: Policy): VolumePlan | undefined {
  for (const filter of policy.filters) {
    const plan = filter.plan?.(pod, node, cluster);
    if (plan !== undefined) return plan;
  }
  return undefined;
}
