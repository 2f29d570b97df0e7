import type { Taint } from '@shiplog/contracts';
import { conditionOf, patchOf, type StoredNode } from '@shiplog/kube';
import type { Now, ReconcileResult } from '../../runtime/domain/controller';
import { isNodeReady } from './conditions';

export const NOT_READY = 'node.kubernetes.io/not-ready';
export const UNREACHABLE = 'node.kubernetes.io/unreachable';

/** Which condition with which status keeps new pods away by which taint. */
const BY_CONDITION: readonly { type: string; status: string; key: string }[] = [
  { type: 'Ready', status: 'False', key: NOT_READY },
  { type: 'Ready', status: 'Unknown', key: UNREACHABLE },
  { type: 'MemoryPressure', status: 'True', key: 'node.kubernetes.io/memory-pressure' },
  { type: 'DiskPressure', status: 'True', key: 'node.kubernetes.io/disk-pressure' },
  { type: 'PIDPressure', status: 'True', key: 'node.kubernetes.io/pid-pressure' },
  { type: 'NetworkUnavailable', status: 'True', key: 'node.kubernetes.io/network-unavailable' },
];
const UNSCHEDULABLE = 'node.kubernetes.io/unschedulable';
/** The taints that this controller gives and takes; all others are users'. */
const MANAGED = new Set([
  ...[...BY_CONDITION.map(({ key }) => key), UNSCHEDULABLE].map((key) => `${key}:NoSchedule`),
  `${NOT_READY}:NoExecute`,
  `${UNREACHABLE}:NoExecute`,
]);

/** All that the decision on a node's taints looks at. */
export interface TaintsView {
  node: StoredNode;
  /**
   * Whether any node of the cluster is ready. When none is, the fault is likely not the nodes', and there is nowhere
   * to go: no pod is driven out then. Asked only of a node that is not.
   */
  someNodeReady: () => boolean;
  now: Now;
}

/** Makes the node's taints follow its conditions: no new pods, and after their tolerations none at all. */
export function decideTaints({ node, someNodeReady, now }: TaintsView): ReconcileResult {
  const stored = node.spec?.taints ?? [];
  const wanted = wantedTaints(node, someNodeReady);
  const has = (list: readonly Taint[], taint: Taint): boolean => list.some((other) => nameOf(other) === nameOf(taint));
  const kept = stored.filter((taint) => !MANAGED.has(nameOf(taint)) || has(wanted, taint));
  const added = wanted.filter((taint) => !has(stored, taint)).map((taint) => ({ ...taint, timeAdded: now.time }));
  if (added.length === 0 && kept.length === stored.length) return { commands: [] };
  const taints = [...kept, ...added];
  const spec = { taints: taints.length === 0 ? null : taints };
  // The list is written whole, so another's change to it since must refuse this one.
  return { commands: [patchOf('nodes', node, { spec }, { patchType: 'merge', asSeen: true })] };
}

function wantedTaints(node: StoredNode, someNodeReady: TaintsView['someNodeReady']): Taint[] {
  const keys = BY_CONDITION.filter(({ type, status }) => conditionOf(node, type)?.status === status);
  const wanted: Taint[] = keys.map(({ key }) => ({ key, effect: 'NoSchedule' }));
  if (node.spec?.unschedulable === true) wanted.push({ key: UNSCHEDULABLE, effect: 'NoSchedule' });
  const ready = conditionOf(node, 'Ready');
  if (ready !== undefined && !isNodeReady(node) && someNodeReady()) {
    wanted.push({ key: ready.status === 'Unknown' ? UNREACHABLE : NOT_READY, effect: 'NoExecute' });
  }
  return wanted;
}

/** A node has at most one taint of a key and an effect. */
export function nameOf({ key, effect }: Taint): string {
  return `${key}:${effect}`;
}
