import { NO_CLUSTER, type ClusterFacts } from '../facts/cluster-facts';
import type { NodeFacts } from '../facts/node-facts';
import type { PodFacts } from '../facts/pod-facts';
import type { Filter, Refusal, Score } from '../rule';
import type { Division } from '../topology/node-domains';
import type { PlacedPods } from '../topology/placed-pods';
import { amongNodes, countedBy, spreadConstraints, type SpreadConstraint } from '../topology/spread-constraints';
import { NO_SUMS, type Sums } from '../topology/tally';

const NO_LABEL: Refusal = ["node(s) didn't match pod topology spread constraints (missing required label)"];
const SKEWED: Refusal = ["node(s) didn't match pod topology spread constraints"];

/**
 * With a pod, a domain may not have more of the pods that a constraint counts than the emptiest one has, and the constraint's
 * maxSkew (PodTopologySpread, of constraints that say DoNotSchedule).
 */
export const podTopologySpread: Filter = {
  kind: 'filter',
  name: 'PodTopologySpread',
  scope: 'cluster',
  queueingHints: ['NodeAdmissionChanged', 'NodeLabelsChanged', 'NodeRemoved', 'PodPlaced', 'PodChanged', 'PodRemoved'],
  unresolvable: (refusal) => refusal === NO_LABEL,
  isHelpedBy(pod, { pods }, { placed }) {
    if (pods === undefined) return true;
    const counted = spreadConstraints(pod, 'DoNotSchedule').flatMap((constraint) => constraint.counted ?? []);
    // Also one that is being deleted by now was counted before.
    return pods.some((other) =>
      counted.some((matcher) => placed.matches({ ...matcher, skipsTerminating: false }, other)),
    );
  },
  check(pod, { placed } = NO_CLUSTER) {
    const limits = spreadConstraints(pod, 'DoNotSchedule').map((constraint) => limitOf(constraint, placed));
    if (limits.length === 0) return undefined;
    return (node) => {
      for (const { division, sums, most } of limits) {
        const domain = division.of[node.index] ?? -1;
        if (domain === -1) return NO_LABEL;
        if ((sums.get(domain) ?? 0) > most) return SKEWED;
      }
      return undefined;
    };
  },
};

/** How many of the counted pods a domain may have before the pod comes. */
interface Limit {
  readonly division: Division;
  readonly sums: Sums;
  readonly most: number;
}

function limitOf(constraint: SpreadConstraint, placed: PlacedPods): Limit {
  const { topologyKey, maxSkew, minDomains, self, among } = constraint;
  const counted = placed.divide(topologyKey, among);
  const sums = sumsOf(constraint, counted, placed);
  const fewest = counted.size < minDomains ? 0 : fewestOf(sums, counted);
  // A node that doesn't count is looked at too: by what its domain has elsewhere.
  return { division: placed.divide(topologyKey), sums, most: fewest + maxSkew - self };
}

function sumsOf({ counted }: SpreadConstraint, division: Division, placed: PlacedPods): Sums {
  return counted === undefined ? NO_SUMS : placed.matching(counted).byDomain(division);
}

function fewestOf(sums: Sums, { size }: Division): number {
  if (sums.size < size) return 0;
  let fewest = Infinity;
  for (const sum of sums.values()) if (sum < fewest) fewest = sum;
  return fewest;
}

const HOSTNAME = 'kubernetes.io/hostname';

/** As of every cluster (systemDefaultConstraints), for pods that say nothing themselves: by which label, and which maxSkew. */
const DEFAULT_CONSTRAINTS = [
  { topologyKey: 'topology.kubernetes.io/zone', maxSkew: 3 },
  { topologyKey: HOSTNAME, maxSkew: 5 },
];

/**
 * Best is the node in whose domains are the fewest of the pods that constraints count (PodTopologySpread's score, of those that
 * say ScheduleAnyway). A label with many domains weighs more, or the few pods of each would not be seen beside those of a zone.
 * A pod without any constraints is spread, over zones and nodes, among those that its Services and its controller choose.
 */
export const preferredTopologySpread: Score = {
  kind: 'score',
  name: 'PreferredTopologySpread',
  scope: 'cluster',
  scale: 'spread',
  rate(pod, cluster = NO_CLUSTER, candidates = new Int32Array(0)) {
    const hasOwn = (pod.pod.spec?.topologySpreadConstraints ?? []).length > 0;
    const constraints = hasOwn ? spreadConstraints(pod, 'ScheduleAnyway') : defaultConstraints(pod, cluster.placed);
    if (constraints.length === 0) return undefined;
    return spreadRating(constraints, cluster, candidates, hasOwn);
  },
};

function defaultConstraints(pod: PodFacts, placed: PlacedPods): readonly SpreadConstraint[] {
  const siblings = placed.siblings(pod);
  if (siblings.length === 0) return [];
  const among = amongNodes(pod, []);
  const counted = countedBy(pod, siblings);
  return DEFAULT_CONSTRAINTS.map((constraint) => ({ ...constraint, minDomains: 1, among, ...counted }));
}

/** What a constraint adds to the rating of a node in one of its domains. */
interface Part {
  readonly division: Division;
  readonly sums: Sums;
  /** Whether the sums are by node. */
  readonly isOfNode: boolean;
  readonly weight: number;
  readonly maxSkew: number;
}

/** @param needsAll whether a node without one of the labels is not compared */
function spreadRating(
  constraints: readonly SpreadConstraint[],
  { nodes, placed }: ClusterFacts,
  candidates: Int32Array,
  needsAll: boolean,
): (node: NodeFacts) => number {
  const divisions = constraints.map(({ topologyKey }) => placed.divide(topologyKey));
  const sizes = new DomainCounter(divisions, needsAll);
  for (let i = 0; i < candidates.length; i++) sizes.add(nodes[candidates[i] as number]?.index ?? -1);
  const parts = constraints.map((constraint, i): Part => {
    const { topologyKey, maxSkew, among } = constraint;
    const isOfNode = topologyKey === HOSTNAME;
    const weight = Math.log((isOfNode ? sizes.nodes : sizes.domainsOf(i)) + 2);
    const sums = isOfNode
      ? sumsByNode(constraint, placed)
      : sumsOf(constraint, placed.divide(topologyKey, among), placed);
    return { division: divisions[i] as Division, sums, isOfNode, weight, maxSkew };
  });
  return (node) => ratingOf(node, parts, needsAll);
}

const NOT_COMPARED = -1;

function ratingOf({ index }: NodeFacts, parts: readonly Part[], needsAll: boolean): number {
  let sum = 0;
  for (let i = 0; i < parts.length; i++) {
    const { division, sums, isOfNode, weight, maxSkew } = parts[i] as Part;
    const domain = division.of[index] ?? -1;
    // Differences count for less where more skew is allowed.
    if (domain !== -1) sum += (sums.get(isOfNode ? index : domain) ?? 0) * weight + maxSkew - 1;
    else if (needsAll) return NOT_COMPARED;
  }
  return Math.round(sum);
}

function sumsByNode({ counted }: SpreadConstraint, placed: PlacedPods): Sums {
  return counted === undefined ? NO_SUMS : placed.matching(counted).byNode;
}

/** In how many domains of each division some nodes are; to be in none counts as one, unless such nodes don't count. */
class DomainCounter {
  /** How many nodes counted. */
  nodes = 0;
  readonly #seen: readonly Uint8Array[];

  constructor(
    private readonly divisions: readonly Division[],
    private readonly needsAll: boolean,
  ) {
    this.#seen = divisions.map(({ size }) => new Uint8Array(size + 1));
  }

  /** @param index of a node */
  add(index: number): void {
    if (this.needsAll && this.#isOutside(index)) return;
    this.nodes += 1;
    for (let i = 0; i < this.divisions.length; i++) {
      const domain = this.divisions[i]?.of[index] ?? -1;
      (this.#seen[i] as Uint8Array)[domain + 1] = 1;
    }
  }

  domainsOf(division: number): number {
    let domains = 0;
    for (const seen of this.#seen[division] ?? []) domains += seen;
    return domains;
  }

  #isOutside(index: number): boolean {
    for (let i = 0; i < this.divisions.length; i++) if ((this.divisions[i]?.of[index] ?? -1) === -1) return true;
    return false;
  }
}
