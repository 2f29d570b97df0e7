import type { Taint } from '@shiplog/contracts';
import { deletionOf, statusPatchOf, tolerates, type StoredPod } from '@shiplog/kube';
import type { Note, Now, PlannedCommand, ReconcileResult } from '../../runtime/domain/controller';
import { timeOf } from '../../domain/pods';

/** All that the decision which pods must leave a node looks at. */
export interface EvictionView {
  /** The node's taints. */
  taints: readonly Taint[];
  /** The pods bound to it. */
  pods: readonly StoredPod[];
  /** When a taint without a time of its own was first seen, in milliseconds. */
  firstSeenMs: (taint: Taint) => number;
  now: Now;
}

/** Deletes the pods whose toleration of the node's NoExecute taints has run out; looks again when the next one does. */
export function decideEviction({ taints, pods, firstSeenMs, now }: EvictionView): ReconcileResult {
  const driving = taints.filter((taint) => taint.effect === 'NoExecute');
  const commands: PlannedCommand[] = [];
  const notes: Note[] = [];
  let next = Infinity;
  if (driving.length === 0) return { commands };
  for (const pod of pods) {
    if (pod.metadata.deletionTimestamp !== undefined) continue;
    const leavesAt = Math.min(...driving.map((taint) => toleratedUntil(pod, taint, firstSeenMs)));
    if (leavesAt <= now.ms) {
      commands.push(...evict(pod, now));
      notes.push(evictionNote(pod));
    } else {
      next = Math.min(next, leavesAt);
    }
  }
  return { commands, notes, requeueAfterMs: Number.isFinite(next) ? next - now.ms : undefined };
}

/** Until when the pod may stay in spite of one taint: Infinity when it tolerates it for good, 0 when not at all. */
function toleratedUntil(pod: StoredPod, taint: Taint, firstSeenMs: (taint: Taint) => number): number {
  const tolerating = (pod.spec?.tolerations ?? []).filter((toleration) => tolerates(toleration, taint));
  if (tolerating.length === 0) return 0;
  const seconds = tolerating.flatMap(({ tolerationSeconds }) => tolerationSeconds ?? []);
  if (seconds.length === 0) return Infinity;
  const since = taint.timeAdded === undefined ? firstSeenMs(taint) : timeOf(taint.timeAdded);
  return since + Math.max(0, Math.min(...seconds)) * 1000;
}

/** The pod says why it goes before it is asked to go. */
function evict(pod: StoredPod, now: Now): PlannedCommand[] {
  const condition = {
    type: 'DisruptionTarget',
    status: 'True',
    lastTransitionTime: now.time,
    reason: 'DeletionByTaintManager',
    message: 'Taint manager: deleting due to NoExecute taint',
  };
  return [statusPatchOf('pods', pod, { conditions: [condition] }), deletionOf('pods', pod)];
}

function evictionNote({ metadata: { namespace = '', name, uid } }: StoredPod): Note {
  return {
    type: 'Normal',
    reason: 'TaintManagerEviction',
    message: `Marking for deletion Pod ${namespace}/${name}`,
    component: 'taint-eviction-controller',
    host: '',
    about: { resource: 'pods', namespace, name, uid },
  };
}
