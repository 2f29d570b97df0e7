import { NO_CLUSTER } from '../facts/cluster-facts';
import type { NodeFacts } from '../facts/node-facts';
import type { Filter, NodeCheck, Refusal, Score } from '../rule';
import type { Division } from '../topology/node-domains';
import type { PlacedPods } from '../topology/placed-pods';
import { podAffinities, type PodAffinities } from '../topology/pod-affinities';
import type { Sums, Tally } from '../topology/tally';
import type { PodFacts } from '../facts/pod-facts';

const NOT_NEAR: Refusal = ["node(s) didn't match pod affinity rules"];
const NOT_FAR: Refusal = ["node(s) didn't match pod anti-affinity rules"];
const REPELLED: Refusal = ["node(s) didn't satisfy existing pods anti-affinity rules"];

/**
 * Pods that must be near others, or far from them, and others that must be far from this one (InterPodAffinity): near is in the
 * same domain of a label of nodes. A node without that label is near to nothing.
 */
export const interPodAffinity: Filter = {
  kind: 'filter',
  name: 'InterPodAffinity',
  scope: 'cluster',
  queueingHints: [
    'NodeLabelsChanged',
    'NodeRemoved',
    'NamespaceLabelsChanged',
    'PodPlaced',
    'PodChanged',
    'PodRemoved',
  ],
  // Nobody's leaving brings those whom it must be near.
  unresolvable: (refusal) => refusal === NOT_NEAR,
  isHelpedBy(pod, { kind, pods }, { placed }) {
    if (pods === undefined) return true;
    const { companions, farFrom = [] } = podAffinities(pod) ?? {};
    // Whoever must be near them may be their first again, when the last one goes.
    if (companions !== undefined && pods.some((other) => placed.matches(companions, other))) return true;
    if (kind === 'PodPlaced') return false;
    return pods.some(
      (other) =>
        farFrom.some(({ matcher }) => placed.matches(matcher, other)) ||
        podAffinities(other)?.farFrom.some(({ matcher }) => placed.matches(matcher, pod)) === true,
    );
  },
  check(pod, { placed } = NO_CLUSTER) {
    const affinities = podAffinities(pod);
    const checks = [
      nearCheck(pod, affinities, placed),
      farCheck(
        affinities?.farFrom.map((term) => presence(term.topologyKey, placed.matching(term.matcher), placed)),
        NOT_FAR,
      ),
      farCheck(
        placed.repelling(pod).map(({ topologyKey, tally }) => presence(topologyKey, tally, placed)),
        REPELLED,
      ),
    ].filter((check) => check !== undefined);
    return checks.length === 0 ? undefined : (node) => firstOf(checks, node);
  },
};

function firstOf(checks: readonly NodeCheck[], node: NodeFacts): Refusal | undefined {
  for (const check of checks) {
    const refusal = check(node);
    if (refusal !== undefined) return refusal;
  }
  return undefined;
}

/** What is in each domain of a label. */
interface Presence {
  readonly division: Division;
  readonly sums: Sums;
}

function presence(topologyKey: string, tally: Tally, placed: PlacedPods): Presence {
  const division = placed.divide(topologyKey);
  return { division, sums: tally.byDomain(division) };
}

function sumAt({ division, sums }: Presence, { index }: NodeFacts): number {
  return sums.get(division.of[index] ?? -1) ?? 0;
}

/** The first of a group that wants to be together may go wherever the labels are: there is nobody yet to be near to. */
function nearCheck(
  pod: PodFacts,
  { companions, near }: Partial<PodAffinities> = {},
  placed: PlacedPods,
): NodeCheck | undefined {
  if (companions === undefined || near === undefined) return undefined;
  const tally = placed.matching(companions);
  const there = near.map((topologyKey) => presence(topologyKey, tally, placed));
  const isFirst = there.every(({ sums }) => sums.size === 0) && placed.matches(companions, pod);
  return (node) => {
    for (const item of there) {
      const isIn = (item.division.of[node.index] ?? -1) !== -1;
      if (!isIn || (!isFirst && sumAt(item, node) === 0)) return NOT_NEAR;
    }
    return undefined;
  };
}

function farCheck(from: readonly Presence[] = [], refusal: Refusal): NodeCheck | undefined {
  const there = from.filter(({ sums }) => sums.size > 0);
  if (there.length === 0) return undefined;
  return (node) => {
    for (const item of there) if (sumAt(item, node) > 0) return refusal;
    return undefined;
  };
}

/**
 * Best is the node near to most of what the pod prefers, and of what prefers the pod (InterPodAffinity's score): each pod there
 * weighs as its term or the pod's says, those to be far from below zero. Pods that must be near the pod weigh 1.
 */
export const preferredInterPodAffinity: Score = {
  kind: 'score',
  name: 'PreferredInterPodAffinity',
  scale: 'between',
  scope: 'cluster',
  rate(pod, { placed } = NO_CLUSTER) {
    const own = podAffinities(pod)?.preferred ?? [];
    const weighing = [
      ...own.map(({ topologyKey, matcher, weight }) => ({
        ...presence(topologyKey, placed.matching(matcher), placed),
        weight,
      })),
      ...placed
        .preferring(pod)
        .map(({ topologyKey, tally }) => ({ ...presence(topologyKey, tally, placed), weight: 1 })),
    ].filter(({ sums }) => sums.size > 0);
    if (weighing.length === 0) return undefined;
    return (node) => {
      let sum = 0;
      for (const item of weighing) sum += item.weight * sumAt(item, node);
      return sum;
    };
  },
};
