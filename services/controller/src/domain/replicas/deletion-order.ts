import { conditionOf, type StoredPod } from '@shiplog/kube';
import { isPodReady, timeOf } from '../pods';

const DELETION_COST = 'controller.kubernetes.io/pod-deletion-cost';
const PHASE_RANK: Record<string, number> = { Pending: 0, Unknown: 1, Running: 2 };
const NS_PER_MS = 1e6;

/** What pods are compared by, beside themselves. */
interface Surroundings {
  readonly perNode: ReadonlyMap<string, number>;
  readonly nowMs: number;
}

/** One question asked of two pods: negative when the first should go first. */
type Preference = (a: StoredPod, b: StoredPod, around: Surroundings) => number;

/** Kubernetes' order (ActivePodsWithRanks): the first question that tells two pods apart decides. */
const PREFERENCES: readonly Preference[] = [
  (a, b) => Number(isAssigned(a)) - Number(isAssigned(b)),
  (a, b) => phaseRank(a) - phaseRank(b),
  (a, b) => Number(isPodReady(a)) - Number(isPodReady(b)),
  (a, b) => deletionCost(a) - deletionCost(b),
  (a, b, { perNode }) => coLocated(b, perNode) - coLocated(a, perNode),
  (a, b, { nowMs }) => (isPodReady(a) && isPodReady(b) ? youngerFirst(a, b, readySince, nowMs) : 0),
  (a, b) => restarts(b) - restarts(a),
  (a, b, { nowMs }) => youngerFirst(a, b, createdAt, nowMs),
  (a, b) => (a.metadata.name < b.metadata.name ? 1 : -1),
];

/**
 * The pods in the order in which a controller gives them up: the least useful first.
 *
 * @param related of which it is counted how many are on a node: the pods themselves, and those that serve with them
 */
export function byUsefulness(
  pods: readonly StoredPod[],
  nowMs: number,
  related: readonly StoredPod[] = pods,
): StoredPod[] {
  const perNode = new Map<string, number>();
  for (const pod of related) {
    const node = pod.spec?.nodeName;
    if (node !== undefined) perNode.set(node, (perNode.get(node) ?? 0) + 1);
  }
  return [...pods].sort((a, b) => {
    for (const preference of PREFERENCES) {
      const order = preference(a, b, { perNode, nowMs });
      if (order !== 0) return order;
    }
    return 0;
  });
}

/**
 * Of two moments the later; but of ages in the same power of two any, by the pods' uids: else it would always be the newest
 * that go, which may be all that there is on a new node (LogarithmicScaleDown).
 */
function youngerFirst(a: StoredPod, b: StoredPod, since: (pod: StoredPod) => number, nowMs: number): number {
  const [sinceA, sinceB] = [since(a), since(b)];
  if (sinceA === sinceB) return 0;
  if (sinceA === 0 || sinceB === 0) return sinceA === 0 ? -1 : 1;
  const order = ageRank(nowMs - sinceA) - ageRank(nowMs - sinceB);
  return order === 0 ? compare(a.metadata.uid, b.metadata.uid) : order;
}

function ageRank(ageMs: number): number {
  return ageMs > 0 ? Math.floor(Math.log2(ageMs * NS_PER_MS)) : -1;
}

function compare(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1;
}

function isAssigned(pod: StoredPod): boolean {
  return (pod.spec?.nodeName ?? '') !== '';
}

function phaseRank(pod: StoredPod): number {
  return PHASE_RANK[pod.status?.phase ?? 'Pending'] ?? 0;
}

function deletionCost(pod: StoredPod): number {
  const cost = Number(pod.metadata.annotations?.[DELETION_COST] ?? 0);
  return Number.isInteger(cost) ? cost : 0;
}

function coLocated(pod: StoredPod, perNode: ReadonlyMap<string, number>): number {
  return perNode.get(pod.spec?.nodeName ?? '') ?? 0;
}

function readySince(pod: StoredPod): number {
  return timeOf(conditionOf(pod, 'Ready')?.lastTransitionTime);
}

function createdAt(pod: StoredPod): number {
  return timeOf(pod.metadata.creationTimestamp);
}

function restarts(pod: StoredPod): number {
  return Math.max(0, ...(pod.status?.containerStatuses ?? []).map((container) => container.restartCount));
}
