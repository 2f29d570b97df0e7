import type { ObjectOf } from '@shiplog/contracts';
import { deletionOf, isConditionTrue, type StoredPod } from '@shiplog/kube';
import type { Now, PlannedCommand, ReconcileResult } from '../../runtime/domain/controller';
import { isPodFinished, timeOf } from '../../domain/pods';

const OUT_OF_SERVICE = 'node.kubernetes.io/out-of-service';

/** All that the decision which pods nobody else will remove looks at. */
export interface PodGcView {
  nodes: ReadonlyMap<string, ObjectOf<'nodes'>>;
  pods: readonly StoredPod[];
  /** Since when a node that pods are bound to has been missing, in milliseconds. */
  missingSinceMs: (node: string) => number;
  /** How long a node must have been missing before its pods are given up. */
  quarantineMs: number;
  /** How many ended pods may stay to be looked at. */
  endedPodsKept: number;
  now: Now;
}

/** Removes pods that no kubelet will: those of vanished nodes, of nodes declared out of service, and the oldest ended ones. */
export function decidePodGc(view: PodGcView): ReconcileResult {
  const gone: StoredPod[] = [];
  const ended: StoredPod[] = [];
  for (const pod of view.pods) {
    if (isAbandoned(view, pod)) gone.push(pod);
    if (isPodFinished(pod) && pod.metadata.deletionTimestamp === undefined) ended.push(pod);
  }
  const surplus = [...ended]
    .sort((a, b) => timeOf(a.metadata.creationTimestamp) - timeOf(b.metadata.creationTimestamp))
    .slice(0, Math.max(0, ended.length - view.endedPodsKept));
  const commands: PlannedCommand[] = [...new Set([...gone, ...surplus])].map((pod) =>
    deletionOf('pods', pod, { gracePeriodSeconds: 0 }),
  );
  return { commands };
}

function isAbandoned({ nodes, missingSinceMs, quarantineMs, now }: PodGcView, pod: StoredPod): boolean {
  const nodeName = pod.spec?.nodeName ?? '';
  if (nodeName === '') return false;
  const node = nodes.get(nodeName);
  if (node === undefined) return now.ms - missingSinceMs(nodeName) >= quarantineMs;
  if (pod.metadata.deletionTimestamp === undefined) return false;
  const ready = isConditionTrue(node, 'Ready');
  return !ready && node.spec?.taints?.some((taint) => taint.key === OUT_OF_SERVICE) === true;
}
