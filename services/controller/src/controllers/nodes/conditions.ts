import type { NodeCondition, ObjectOf } from '@shiplog/contracts';
import { momentOf, type Now, type PlannedCommand, type ReconcileResult } from '../../runtime/domain/controller';

export type StoredNode = ObjectOf<'nodes'>;

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

/** A node's condition by its type. */
export function nodeCondition(node: StoredNode, type: string): NodeCondition | undefined {
  return node.status?.conditions?.find((condition) => condition.type === type);
}

/** Whether the node's kubelet says that it can run pods. */
export function isNodeReady(node: StoredNode): boolean {
  return nodeCondition(node, 'Ready')?.status === 'True';
}

/** Whether the silence is long enough to give the node up for now. */
export function isSilent({ silentMs, graceMs }: Pick<HeartbeatView, 'silentMs' | 'graceMs'>): boolean {
  return silentMs >= graceMs;
}

/** Says of a node that has been silent for the whole grace period that nobody knows how it is. */
export function decideConditions(view: HeartbeatView): ReconcileResult {
  const { node, silentMs, graceMs, now } = view;
  if (!isSilent(view)) return { commands: [], requeueAfterMs: Math.max(graceMs - silentMs, LEAST_WAIT_MS) };
  const unknown = REPORTED.filter((type) => nodeCondition(node, type)?.status !== 'Unknown');
  if (unknown.length === 0) return { commands: [], requeueAfterMs: graceMs };
  return {
    commands: [
      writeConditions(
        node,
        unknown.map((type) => lostCondition(view, type, now)),
      ),
    ],
  };
}

function lostCondition({ node, lastHeardMs }: HeartbeatView, type: string, now: Now): NodeCondition {
  const before = nodeCondition(node, type);
  const lastHeartbeatTime = lastHeardMs === undefined ? before?.lastHeartbeatTime : momentOf(lastHeardMs).time;
  const [reason, message] =
    before === undefined
      ? ['NodeStatusNeverUpdated', 'Kubelet never posted node status.']
      : ['NodeStatusUnknown', 'Kubelet stopped posting node status.'];
  return { type, status: 'Unknown', lastHeartbeatTime, lastTransitionTime: now.time, reason, message };
}

function writeConditions({ metadata: { name, uid } }: StoredNode, conditions: NodeCondition[]): PlannedCommand {
  return {
    type: 'PatchObject',
    data: {
      resource: 'nodes',
      namespace: '',
      name,
      subresource: 'status',
      patchType: 'strategic',
      patch: { metadata: { uid }, status: { conditions } },
    },
  };
}
