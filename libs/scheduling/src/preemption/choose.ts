import { mix } from '../scoring';
import type { Victims } from './victims';

/** What makes it bad to take a node's victims, the worst first: of two nodes, the first that differs decides. */
type Harm = (victims: Victims) => number | string;

/** Sums stay in order below zero too: each victim counts, whatever its priority (the constant of kube-scheduler). */
const ABOVE_ANY_PRIORITY = 2 ** 31;

const HARMS: readonly Harm[] = [
  ({ violations }) => violations,
  highestPriority,
  ({ pods }) => pods.reduce((sum, { priority }) => sum + priority + ABOVE_ANY_PRIORITY, 0),
  ({ pods }) => pods.length,
];

/**
 * The node whose victims harm least: fewest budgets overdrawn, the lowest priority of its most important victim, the smallest sum
 * of priorities, the fewest, then the one whose most important victims began last (pickOneNodeForPreemption of kube-scheduler).
 * Of nodes that are alike in all of it, one by the seed.
 */
export function leastHarm(candidates: readonly Victims[], seed: number): Victims | undefined {
  let best = candidates;
  for (const harm of HARMS) best = lowest(best, harm);
  const latest = best.map(firstStart).reduce((a, b) => (a > b ? a : b), '');
  best = best.filter((victims) => firstStart(victims) === latest);
  return best[mix(seed, CHOICE) % Math.max(best.length, 1)];
}

/** Numbers that tell the draws of one decision apart. */
const CHOICE = 2;

function lowest(candidates: readonly Victims[], harm: Harm): readonly Victims[] {
  if (candidates.length < 2) return candidates;
  let least: number | string | undefined;
  let found: Victims[] = [];
  for (const victims of candidates) {
    const value = harm(victims);
    if (least !== undefined && value > least) continue;
    if (least === undefined || value < least) found = [];
    least = value;
    found.push(victims);
  }
  return found;
}

function highestPriority({ pods }: Victims): number {
  return pods[0]?.priority ?? -Infinity;
}

/** When the first of the victims of the highest priority began: they are in this order. */
function firstStart({ pods }: Victims): string {
  return pods[0]?.startTime ?? '';
}
