import { controllerOf, type StoredPod } from '@shiplog/kube';
import type { ClusterView, Snapshot } from './cluster-view';
import { decideBatch, type Verdict } from './decide';
import { podFacts, type PodFacts } from './facts/pod-facts';
import type { Policy } from './policy';
import { mix } from './scoring';

/** Where a pod would go, or what would become of it. */
export interface PodVerdict {
  readonly pod: StoredPod;
  readonly verdict: Verdict;
}

/** How pods would be decided on, and which of equally good nodes would be taken. */
export interface WhatIfOptions {
  /** The policy of pods that name none. */
  readonly policy: Policy;
  readonly seed: number;
}

/** Decisions between two yields: a few milliseconds. */
const SLICE = 8;

/**
 * Places pods one after another, each beside those before it, until `until` says that it is enough; the snapshot is left as it
 * was. Yields now and then, when other work may go on, provided that it does not change the view.
 */
export function* placeInTurn(
  snapshot: Snapshot,
  pods: Iterable<StoredPod>,
  { policy, seed }: WhatIfOptions,
  until: (verdict: Verdict) => boolean = () => false,
): Generator<void, readonly PodVerdict[]> {
  const placements: PodVerdict[] = [];
  const placed: { readonly facts: PodFacts; readonly node: string }[] = [];
  try {
    for (const pod of pods) {
      const facts = podFacts(pod);
      const [verdict] = decideBatch(snapshot, [facts], mix(seed, placements.length), policy);
      if (verdict === undefined) break;
      placements.push({ pod, verdict });
      if (verdict.outcome === 'fits') {
        placed.push({ facts, node: verdict.node });
        snapshot.place(facts, verdict.node);
      }
      if (until(verdict)) break;
      if (placements.length % SLICE === 0) yield;
    }
  } finally {
    for (const { facts, node } of placed) snapshot.displace(facts, node);
  }
  return placements;
}

/** How many more of a pod there is room for. */
export interface Capacity {
  /** At least so many, when `more`. */
  readonly fits: number;
  /** There are as many as were asked for, and may be more. */
  readonly more: boolean;
  /** By the node's name, how many of them. */
  readonly byNode: Readonly<Record<string, number>>;
  /** Why no node takes another one. */
  readonly sentence?: string;
}

/**
 * How many more of this pod would be scheduled, were they asked for one after another: by all rules of the policy, those between
 * pods too, at most `most`; nobody is evicted for it. A pod that needs volumes made for it counts as one that fits, once: what is left after it is not known.
 */
export function* capacityFor(
  snapshot: Snapshot,
  pod: StoredPod,
  most: number,
  options: WhatIfOptions,
): Generator<void, Capacity> {
  const placements = yield* placeInTurn(snapshot, copiesOf(pod, most), options, ({ outcome }) => outcome !== 'fits');
  const byNode = new Map<string, number>();
  let sentence: string | undefined;
  for (const { verdict } of placements) {
    if (verdict.outcome === 'fits nowhere' || verdict.outcome === 'preempts') sentence = verdict.sentence;
    else if (verdict.outcome !== 'retry in next batch') byNode.set(verdict.node, (byNode.get(verdict.node) ?? 0) + 1);
  }
  const fits = [...byNode.values()].reduce((sum, count) => sum + count, 0);
  return { fits, more: sentence === undefined, byNode: Object.fromEntries([...byNode].sort()), sentence };
}

function* copiesOf(pod: StoredPod, most: number): Generator<StoredPod> {
  const { nodeName: _bound, ...spec } = pod.spec ?? { containers: [] };
  for (let i = 0; i < most; i++) {
    const metadata = { ...pod.metadata, name: `${pod.metadata.name}-${i}`, uid: `${pod.metadata.uid}-${i}` };
    yield { ...pod, metadata, spec, status: {} };
  }
}

/**
 * Where the pods of nodes would go if these left: the more urgent first, as in the queue. What belongs to the node itself
 * (DaemonSets' pods, mirrors of static pods) would go with it, as in a drain. The view is one of its own: it is changed.
 */
export function* withoutNodes(
  view: ClusterView,
  leaving: ReadonlySet<string>,
  pods: Iterable<StoredPod>,
  options: WhatIfOptions,
): Generator<void, readonly PodVerdict[]> {
  const displaced: StoredPod[] = [];
  for (const pod of pods) {
    if (!leaving.has(pod.spec?.nodeName ?? '')) continue;
    view.removePod(pod.metadata.uid);
    if (!staysWithNode(pod)) displaced.push(unbound(pod));
  }
  for (const name of leaving) view.removeNode(name);
  displaced.sort(
    (a, b) => (b.spec?.priority ?? 0) - (a.spec?.priority ?? 0) || (a.metadata.uid < b.metadata.uid ? -1 : 1),
  );
  return yield* placeInTurn(view.snapshot(), displaced, options);
}

/** Mirrors of static pods are their node's. */
const OF_NODES = new Set(['DaemonSet', 'Node']);

function staysWithNode(pod: StoredPod): boolean {
  const hasEnded = pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';
  return hasEnded || OF_NODES.has(controllerOf(pod)?.kind ?? '');
}

function unbound(pod: StoredPod): StoredPod {
  const { nodeName: _left, ...spec } = pod.spec ?? { containers: [] };
  return { ...pod, spec };
}
