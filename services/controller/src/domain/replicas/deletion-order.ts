import { conditionOf, type StoredPod } from '@shiplog/kube';
import { isPodReady, timeOf } from '../pods';

const DELETION_COST = 'controller.kubernetes.io/pod-deletion-cost';
const PHASE_RANK: Record<string, number> = { Pending: 0, Unknown: 1, Running: 2 };

/** One question asked of two pods: negative when the first should go first. */
type Preference = (a: StoredPod, b: StoredPod, perNode: ReadonlyMap<string, number>) => number;

/** Kubernetes' order (ActivePodsWithRanks): the first question that tells two pods apart decides. */
const PREFERENCES: readonly Preference[] = [
  (a, b) => Number(isAssigned(a)) - Number(isAssigned(b)),
  (a, b) => phaseRank(a) - phaseRank(b),
  (a, b) => Number(isPodReady(a)) - Number(isPodReady(b)),
  (a, b) => deletionCost(a) - deletionCost(b),
  (a, b, perNode) => coLocated(b, perNode) - coLocated(a, perNode),
  (a, b) => readySince(b) - readySince(a),
  (a, b) => restarts(b) - restarts(a),
  (a, b) => timeOf(b.metadata.creationTimestamp) - timeOf(a.metadata.creationTimestamp),
  (a, b) => (a.metadata.name < b.metadata.name ? 1 : -1),
];

/** The pods in the order in which a controller gives them up: the least useful first. */
export function byUsefulness(pods: readonly StoredPod[]): StoredPod[] {
  const perNode = new Map<string, number>();
  for (const pod of pods) {
    const node = pod.spec?.nodeName;
    if (node !== undefined) perNode.set(node, (perNode.get(node) ?? 0) + 1);
  }
  return [...pods].sort((a, b) => {
    for (const preference of PREFERENCES) {
      const order = preference(a, b, perNode);
      if (order !== 0) return order;
    }
    return 0;
  });
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
  return isPodReady(pod) ? timeOf(conditionOf(pod, 'Ready')?.lastTransitionTime) : 0;
}

function restarts(pod: StoredPod): number {
  return Math.max(0, ...(pod.status?.containerStatuses ?? []).map((container) => container.restartCount));
}
