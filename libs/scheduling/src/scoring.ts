import type { NodeScore } from '@shiplog/contracts';
import type { ClusterFacts } from './facts/cluster-facts';
import type { NodeFacts } from './facts/node-facts';
import type { PodFacts } from './facts/pod-facts';
import type { Policy } from './policy';
import type { Score } from './rule';

/** The points of each node by each rule that had something to say, and in all; arrays run beside `nodes`. */
export interface Ranking {
  readonly nodes: readonly NodeFacts[];
  readonly totals: Float64Array;
  readonly byRule: readonly { readonly rule: string; readonly points: Float64Array }[];
}

/** Rates the nodes that passed the filters by every score of the policy. */
export function rankNodes(nodes: readonly NodeFacts[], pod: PodFacts, policy: Policy, cluster: ClusterFacts): Ranking {
  const totals = new Float64Array(nodes.length);
  const byRule: { rule: string; points: Float64Array }[] = [];
  for (const { rule, weight } of policy.scores) {
    const rating = rule.rate(pod, cluster);
    if (rating === undefined) continue;
    const points = new Float64Array(nodes.length);
    nodes.forEach((node, i) => (points[i] = rating(node)));
    toPoints(points, rule.scale);
    for (let i = 0; i < points.length; i++) {
      points[i] = (points[i] ?? 0) * weight;
      totals[i] = (totals[i] ?? 0) + (points[i] ?? 0);
    }
    byRule.push({ rule: rule.name, points });
  }
  return { nodes, totals, byRule };
}

/** Brings a rule's ratings to 0..100. When all are zero, all nodes are as good as can be (`fewer`) or as bad (`more`). */
function toPoints(ratings: Float64Array, scale: Score['scale']): void {
  if (scale === 'points') return;
  let most = 0;
  for (const rating of ratings) if (rating > most) most = rating;
  for (let i = 0; i < ratings.length; i++) {
    const share = most === 0 ? 0 : Math.floor(((ratings[i] ?? 0) * 100) / most);
    ratings[i] = scale === 'more' ? share : 100 - share;
  }
}

/** Index of the node to take: one of those with the most points, which one by the seed. */
export function chooseNode(ranking: Ranking, seed: number): number {
  let best = -Infinity;
  let equals: number[] = [];
  ranking.totals.forEach((total, i) => {
    if (total > best) {
      best = total;
      equals = [i];
    } else if (total === best) {
      equals.push(i);
    }
  });
  return equals[mix(seed, 0) % equals.length] ?? 0;
}

/** The best nodes, the chosen one first, then by points and name. */
export function bestNodes(ranking: Ranking, chosen: number, limit: number): NodeScore[] {
  const best = [chosen];
  while (best.length < Math.min(limit, ranking.nodes.length)) best.push(bestExcept(ranking, best));
  return best.map((i) => scoreOf(ranking, i));
}

function bestExcept(ranking: Ranking, taken: readonly number[]): number {
  let best = -1;
  ranking.totals.forEach((total, i) => {
    if (!taken.includes(i) && (best === -1 || total > (ranking.totals[best] ?? 0))) best = i;
  });
  return best;
}

/** The points of one node, rule by rule. */
export function scoreOf(ranking: Ranking, i: number): NodeScore {
  const byRule: Record<string, number> = {};
  for (const { rule, points } of ranking.byRule) byRule[rule] = points[i] ?? 0;
  return { node: ranking.nodes[i]?.name ?? '', total: ranking.totals[i] ?? 0, byRule };
}

/** Well-mixed 32 bits of a seed and a number (the finalizer of MurmurHash3): for tie-breaks, not for secrets. */
export function mix(seed: number, n: number): number {
  let h = (seed ^ Math.imul(n + 1, 0x9e3779b9)) >>> 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
