import type { NodeScore } from '@shiplog/contracts';
import type { NodeVerdicts } from './evaluation/node-verdicts';
import type { ClusterFacts } from './facts/cluster-facts';
import type { NodeFacts } from './facts/node-facts';
import type { PodFacts } from './facts/pod-facts';
import type { Policy } from './policy';
import { isOfNode, type Score } from './rule';

/** What one rule says of the nodes that passed the filters. */
interface Column {
  readonly rule: string;
  readonly weight: number;
  readonly scale: Score['scale'];
  /** By slot. */
  readonly ratings: Float64Array;
  /** The largest rating of a node that passed, at least 0. */
  readonly most: number;
  /** The smallest one; of `spread`, of those from 0. */
  readonly least: number;
}

/** The nodes that passed every filter, rated by every score of the policy. */
export class Ranking {
  /** Beside `slots`: the points of each in all. */
  readonly totals: Float64Array;

  constructor(
    private readonly nodes: readonly NodeFacts[],
    readonly slots: Int32Array,
    private readonly columns: readonly Column[],
  ) {
    this.totals = new Float64Array(slots.length);
    for (const column of columns) addPoints(this.totals, slots, column);
  }

  /** The points of one, rule by rule; `i` is a place in `slots`. */
  scoreOf(i: number): NodeScore {
    const slot = this.slots[i] as number;
    const byRule: Record<string, number> = {};
    for (const column of this.columns) byRule[column.rule] = pointsOf(column, slot);
    return { node: this.nodes[slot]?.name ?? '', total: this.totals[i] ?? 0, byRule };
  }
}

/** Rates the nodes that passed the filters by every score of the policy that has something to say. */
export function rankNodes(
  slots: Int32Array,
  pod: PodFacts,
  policy: Policy,
  cluster: ClusterFacts,
  verdicts: NodeVerdicts,
): Ranking {
  const columns: Column[] = [];
  policy.scores.forEach(({ rule, weight }, i) => {
    const ratings = isOfNode(rule) ? verdicts.ratings[i] : ratingsOf(rule, slots, pod, cluster);
    if (ratings === undefined) return;
    columns.push({ rule: rule.name, weight, scale: rule.scale, ratings, ...rangeOf(ratings, slots, rule.scale) });
  });
  return new Ranking(cluster.nodes, slots, columns);
}

function ratingsOf(rule: Score, slots: Int32Array, pod: PodFacts, cluster: ClusterFacts): Float64Array | undefined {
  const rating = rule.rate(pod, cluster, slots);
  if (rating === undefined) return undefined;
  const ratings = new Float64Array(cluster.nodes.length);
  for (const slot of slots) ratings[slot] = rating(cluster.nodes[slot] as NodeFacts);
  return ratings;
}

function rangeOf(
  ratings: Float64Array,
  slots: Int32Array,
  scale: Score['scale'],
): { readonly least: number; readonly most: number } {
  let [least, most] = [Infinity, scale === 'between' ? -Infinity : 0];
  for (let i = 0; i < slots.length; i++) {
    const rating = ratings[slots[i] as number] as number;
    if (rating > most) most = rating;
    if (rating < least && (scale !== 'spread' || rating >= 0)) least = rating;
  }
  return { least, most };
}

function addPoints(totals: Float64Array, slots: Int32Array, column: Column): void {
  for (let i = 0; i < slots.length; i++) totals[i] = (totals[i] as number) + pointsOf(column, slots[i] as number);
}

/** A rule's rating of a node, brought to 0..100, times the rule's weight. */
function pointsOf({ weight, scale, ratings, least, most }: Column, slot: number): number {
  const rating = ratings[slot] as number;
  switch (scale) {
    case 'points':
      return rating * weight;
    case 'more':
      return shareOf(rating, most) * weight;
    case 'fewer':
      return (100 - shareOf(rating, most)) * weight;
    case 'between':
      return placeOf(rating, least, most) * weight;
    case 'spread':
      return spreadOf(rating, least, most) * weight;
  }
}

/** When all are zero, all nodes are as good as can be (`fewer`) or as bad (`more`). */
function shareOf(rating: number, most: number): number {
  return most === 0 ? 0 : Math.floor((rating * 100) / most);
}

/** When all are alike, all get 0 (InterPodAffinity's NormalizeScore). */
function placeOf(rating: number, least: number, most: number): number {
  return most > least ? Math.floor(100 * ((rating - least) / (most - least))) : 0;
}

/** When all are zero, all get 100 (PodTopologySpread's NormalizeScore). */
function spreadOf(rating: number, least: number, most: number): number {
  if (rating < 0) return 0;
  return most === 0 ? 100 : Math.floor((100 * (most + least - rating)) / most);
}

/** No fewer are rated where only a part is: Kubernetes' minFeasibleNodesToFind. */
const LEAST_CANDIDATES = 100;

/**
 * Of the nodes that passed, those among which the best is sought: all, or as many as a part of all nodes is, from where the seed
 * says, so that none is always left out.
 */
export function candidatesOf(slots: Int32Array, nodes: number, percentage = 0, seed: number): Int32Array {
  const limit = Math.max(LEAST_CANDIDATES, Math.floor((nodes * percentage) / 100));
  if (percentage === 0 || slots.length <= limit) return slots;
  const first = mix(seed, 1) % slots.length;
  return Int32Array.from({ length: limit }, (_, i) => slots[(first + i) % slots.length] as number).sort();
}

/** Place of the node to take: one of those with the most points, which one by the seed. */
export function chooseNode({ totals }: Ranking, seed: number): number {
  let best = -Infinity;
  let equals = 0;
  for (let i = 0; i < totals.length; i++) {
    const total = totals[i] as number;
    if (total > best) [best, equals] = [total, 1];
    else if (total === best) equals += 1;
  }
  let skip = mix(seed, 0) % equals;
  for (let i = 0; i < totals.length; i++) if (totals[i] === best && skip-- === 0) return i;
  return 0;
}

/** The best nodes, the chosen one first, then by points and name. */
export function bestNodes(ranking: Ranking, chosen: number, limit: number): NodeScore[] {
  const { totals } = ranking;
  const best = [chosen];
  while (best.length < Math.min(limit, totals.length)) best.push(bestExcept(totals, best));
  return best.map((i) => ranking.scoreOf(i));
}

function bestExcept(totals: Float64Array, taken: readonly number[]): number {
  let best = -1;
  for (let i = 0; i < totals.length; i++) {
    const isBetter = best === -1 || (totals[i] as number) > (totals[best] as number);
    if (isBetter && !taken.includes(i)) best = i;
  }
  return best;
}

/** Well-mixed 32 bits of a seed and a number (the finalizer of MurmurHash3): for tie-breaks, not for secrets. */
export function mix(seed: number, n: number): number {
  let h = (seed ^ Math.imul(n + 1, 0x9e3779b9)) >>> 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
