import type { NodeCondition } from '@shiplog/contracts';
import { conditionOf, isConditionTrue, statusPatchOf, type StoredNode } from '@shiplog/kube';
import { momentOf, type Now, type ReconcileResult } from '../../runtime/domain/controller';

/** What a kubelet reports, and so nobody knows once it is silent. */
const REPORTED = ['Ready', 'MemoryPressure', 'DiskPressure', 'PIDPressure'];

/** The silence known of lags a little behind the clock: not to be asked for in circles. */
const LEAST_WAIT_MS = 100;

/** All that the decision whether a node is lost looks at. */
export interface HeartbeatView {
  node: StoredNode;
  /** How long the node has certainly been silent. */
  silentMs: number;
  lastHeardMs: number | undefined;
  graceMs: number;
  now: Now;
}

/** Whether the node's kubelet says that it can run pods. */
export function isNodeReady(node: StoredNode): boolean {
  return isConditionTrue(node, 'Ready');
}

/** Whether the silence is long enough to give the node up for now. */
export function isSilent({ silentMs, graceMs }: Pick<HeartbeatView, 'silentMs' | 'graceMs'>): boolean {
  return silentMs >= graceMs;
}

/** Says of a node that has been silent for the whole grace period that nobody knows how it is. */
export function decideConditions(view: HeartbeatView): ReconcileResult {
  const { node, silentMs, graceMs, now } = view;
  if (!isSilent(view)) return { commands: [], requeueAfterMs: Math.max(graceMs - silentMs, LEAST_WAIT_MS) };
  const unknown = REPORTED.filter((type) => conditionOf(node, type)?.status !== 'Unknown');
  if (unknown.length === 0) return { commands: [], requeueAfterMs: graceMs };
  return {
    commands: [statusPatchOf('nodes', node, { conditions: unknown.map((type) => lostCondition(view, type, now)) })],
  };
}

function lostCondition({ node, lastHeardMs }: HeartbeatView, type: string, now: Now): NodeCondition {
  const before = conditionOf(node, type);
  const lastHeartbeatTime = lastHeardMs === undefined ? before?.lastHeartbeatTime : momentOf(lastHeardMs).time;
  const [reason, message] =
    before === undefined
      ? ['NodeStatusNeverUpdated', 'Kubelet never posted node status.']
      : ['NodeStatusUnknown', 'Kubelet stopped posting node status.'];
  return { type, status: 'Unknown', lastHeartbeatTime, lastTransitionTime: now.time, reason, message };
}
