import type { SchedulingDecision } from '@shiplog/contracts';
import type { Snapshot } from './cluster-view';
import type { ClusterFacts } from './facts/cluster-facts';
import type { NodeFacts } from './facts/node-facts';
import type { PodFacts } from './facts/pod-facts';
import type { VerdictMemory } from './evaluation/node-verdicts';
import { filterNodes, unavailableSentence } from './filtering';
import type { Policy } from './policy';
import { bestNodes, chooseNode, mix, rankNodes } from './scoring';
import type { PlacedPods } from './topology/placed-pods';
import type { VolumePlan } from './volumes/volume-plan';
import { PromisedVolumes } from './volumes/volumes';

/** How many nodes a decision records with their points; the rest can be worked out again. */
const RECORDED_NODES = 3;

/** What became of a pod in a batch. */
export type Verdict =
  | { readonly outcome: 'fits'; readonly pod: PodFacts; readonly node: string; readonly decision: SchedulingDecision }
  | {
      readonly outcome: 'fits nowhere';
      readonly pod: PodFacts;
      /** The rules whose refusals must change before it is worth looking again. */
      readonly refusedBy: readonly string[];
      readonly sentence: string;
      readonly decision: SchedulingDecision;
    }
  /** It fits, once its claims have got their volumes: to be looked at again when they have. */
  | { readonly outcome: 'needs volumes'; readonly pod: PodFacts; readonly node: string; readonly plan: VolumePlan }
  /** It would fit, were it not for pods of the same batch: to be looked at again when their bindings are known. */
  | { readonly outcome: 'retry in next batch'; readonly pod: PodFacts };

/**
 * Decides on pods one after the other, most urgent first: each counts as placed for those after it. A pod is said to fit
 * nowhere only of the snapshot as it is, never because of bindings that are not made yet, which may be refused. The
 * snapshot is left as it was.
 */
export function decideBatch(
  snapshot: Snapshot,
  pods: readonly PodFacts[],
  seed: number,
  policy: Policy,
): readonly Verdict[] {
  const state = new AssumedState(snapshot);
  const hindered: number[] = [];
  const verdicts = pods.map((pod, i): Verdict => {
    if (state.volumes.awaits(pod)) return { outcome: 'retry in next batch', pod };
    const verdict = decideOne(state, pod, mix(seed, i), policy, state.assumed);
    if (verdict.outcome === 'fits') state.assume(pod, verdict.node);
    if (verdict.outcome === 'needs volumes') state.promise(verdict.plan);
    if (verdict.outcome === 'fits nowhere' && state.hasAssumed) hindered.push(i);
    return verdict;
  });
  state.release();
  for (const i of hindered) verdicts[i] = withoutOthers(snapshot, pods[i] as PodFacts, mix(seed, i), policy);
  return verdicts;
}

function withoutOthers(snapshot: Snapshot, pod: PodFacts, seed: number, policy: Policy): Verdict {
  const verdict = decideOne(snapshot, pod, seed, policy, 0);
  return verdict.outcome === 'fits nowhere' ? verdict : { outcome: 'retry in next batch', pod };
}

/** A binding that a decision takes as made. */
export interface AssumedBinding {
  readonly pod: PodFacts;
  readonly node: string;
}

/**
 * Makes a recorded decision again: `snapshot` is the state at the event's basis, `assumed` the bindings that the events
 * of the same command before it made. Same inputs, same decision, whatever happened since.
 */
export function decideAgain(
  snapshot: Snapshot,
  assumed: readonly AssumedBinding[],
  pod: PodFacts,
  recorded: Pick<SchedulingDecision, 'seed'>,
  policy: Policy,
): SchedulingDecision {
  const state = new AssumedState(snapshot);
  for (const binding of assumed) state.assume(binding.pod, binding.node);
  const verdict = decideOne(state, pod, recorded.seed, policy, state.assumed);
  state.release();
  if (verdict.outcome === 'needs volumes') throw new Error(`pod ${pod.uid} had no volumes yet: it was not bound`);
  return verdict.decision;
}

type DecidedOn = ClusterFacts & Pick<Snapshot, 'verdicts'>;
type PlainVerdict = Exclude<Verdict, { outcome: 'retry in next batch' }>;

function decideOne(cluster: DecidedOn, pod: PodFacts, seed: number, policy: Policy, assumed: number): PlainVerdict {
  const { nodes } = cluster;
  const verdicts = cluster.verdicts.of(pod, policy);
  const filtered = filterNodes(pod, policy, cluster, verdicts);
  const { feasible, refused } = filtered;
  const record = { policy: policy.id, seed, refused, nodes: nodes.length, assumed };
  if (feasible.length === 0) {
    return {
      outcome: 'fits nowhere',
      pod,
      refusedBy: Object.keys(refused),
      sentence: unavailableSentence(nodes.length, filtered),
      decision: { ...record, top: [] },
    };
  }
  const ranking = rankNodes(feasible, pod, policy, cluster, verdicts);
  const chosen = chooseNode(ranking, seed);
  const winner = nodes[feasible[chosen] ?? -1];
  const node = winner?.name ?? '';
  const plan = winner === undefined ? undefined : planOf(pod, winner, cluster, policy);
  if (plan !== undefined) return { outcome: 'needs volumes', pod, node, plan };
  const top = bestNodes(ranking, chosen, RECORDED_NODES);
  return { outcome: 'fits', pod, node, decision: { ...record, winner: node, top } };
}

function planOf(pod: PodFacts, node: NodeFacts, cluster: ClusterFacts, policy: Policy): VolumePlan | undefined {
  for (const filter of policy.filters) {
    const plan = filter.plan?.(pod, node, cluster);
    if (plan !== undefined) return plan;
  }
  return undefined;
}

/** A snapshot with bindings that are assumed to be made, as in kube-scheduler's assume cache, until they are released. */
class AssumedState implements DecidedOn {
  readonly volumes: PromisedVolumes;
  readonly #bindings: AssumedBinding[] = [];

  constructor(private readonly snapshot: Snapshot) {
    this.volumes = new PromisedVolumes(snapshot.volumes);
  }

  get nodes(): readonly NodeFacts[] {
    return this.snapshot.nodes;
  }

  get verdicts(): VerdictMemory {
    return this.snapshot.verdicts;
  }

  get placed(): PlacedPods {
    return this.snapshot.placed;
  }

  get assumed(): number {
    return this.#bindings.length;
  }

  get hasAssumed(): boolean {
    return this.assumed > 0 || this.volumes.hasPlans;
  }

  /** Its claims get their volumes; it takes nothing of a node before it is bound. */
  promise({ kept, made }: VolumePlan): void {
    for (const { claim, volume } of kept) this.volumes.plan(claim, volume);
    for (const claim of made) this.volumes.plan(claim);
  }

  assume(pod: PodFacts, node: string): void {
    this.#bindings.push({ pod, node });
    this.snapshot.place(pod, node);
  }

  /** The snapshot is as it was. */
  release(): void {
    for (const { pod, node } of this.#bindings) this.snapshot.displace(pod, node);
  }
}
