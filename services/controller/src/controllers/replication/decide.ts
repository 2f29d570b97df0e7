import type { KubeStatus, ObjectOf } from '@shiplog/contracts';
import { deletionOf, controllerOf, type StoredPod } from '@shiplog/kube';
import { matchesSelectorMap } from '@shiplog/apimachinery';
import type { Note, Now, PlannedCommand, ReconcileResult } from '../../runtime/domain/controller';
import { addOwner, controllerReference, removeOwners } from '../../domain/owners';
import { isPodActive } from '../../domain/pods';
import { observedStatus, writeStatus } from './status';
import { byUsefulness } from './deletion-order';

type Rc = ObjectOf<'replicationcontrollers'>;

/** Pods made or deleted in one attempt, at most: keeps one large controller from filling the journal's batches. */
export const MOST_PODS_AT_ONCE = 500;

/** All that the decision on one ReplicationController looks at. */
export interface ReplicationView {
  rc: Rc;
  /** The pods of its namespace; others' are left alone. */
  pods: readonly StoredPod[];
  now: Now;
  /** Position of the state: names the creations, so that deciding twice on one state makes the pods once. */
  position: number;
  /** Why the journal refused a pod in the attempt before. */
  failure?: KubeStatus;
  /** No pod can be made there any more. */
  namespaceTerminating: boolean;
}

/** What one ReplicationController needs now: owners set right, pods made or deleted, its status written. */
export function decideReplication(view: ReplicationView): ReconcileResult {
  const { rc, now, failure } = view;
  if (rc.metadata.deletionTimestamp !== undefined) return { commands: [] };
  const { active, commands: claims } = claim(rc, view.pods);
  const scaling = scale(view, active);
  const { status, changesInMs } = observedStatus(rc, active, now, failure);
  // While pods come or go the count is about to change again: it is written once, when it has settled.
  const settled = scaling.length === 0 || failure !== undefined;
  const written = settled ? writeStatus(rc, status) : undefined;
  return {
    commands: [...claims, ...scaling, ...(written === undefined ? [] : [written])],
    requeueAfterMs: changesInMs,
    notes: failure === undefined ? [] : [failureNote(rc, failure)],
  };
}

/** Whose pods are whose: adopts matching orphans, releases owned pods that stopped matching. */
function claim(rc: Rc, pods: readonly StoredPod[]): { active: StoredPod[]; commands: PlannedCommand[] } {
  const active: StoredPod[] = [];
  const commands: PlannedCommand[] = [];
  for (const pod of pods) {
    const owner = controllerOf(pod);
    const matches = matchesSelectorMap(rc.spec?.selector, pod.metadata.labels);
    if (owner?.uid === rc.metadata.uid) {
      if (!matches) commands.push(removeOwners('pods', pod, [rc.metadata.uid]));
      else if (isPodActive(pod)) active.push(pod);
    } else if (owner === undefined && matches && isPodActive(pod)) {
      commands.push(addOwner('pods', pod, ownerReference(rc)));
      active.push(pod);
    }
  }
  return { active, commands };
}

/** Pods to make, or the least useful ones to delete, until as many are active as are wanted. */
function scale(view: ReplicationView, active: readonly StoredPod[]): PlannedCommand[] {
  const missing = (view.rc.spec?.replicas ?? 1) - active.length;
  if (missing < 0) {
    const surplus = Math.min(-missing, MOST_PODS_AT_ONCE);
    return byUsefulness(active)
      .slice(0, surplus)
      .map((pod) => deletionOf('pods', pod));
  }
  if (view.namespaceTerminating) return [];
  // After a refusal one pod is tried, not hundreds that would fare the same.
  const most = view.failure === undefined ? MOST_PODS_AT_ONCE : 1;
  return Array.from({ length: Math.min(missing, most) }, (_, k) => createPod(view, k));
}

/** A refusal is the answer to its id for good: what was refused is asked again under another. */
function createPod({ rc, position, failure }: ReplicationView, k: number): PlannedCommand {
  const { namespace = '', name, uid } = rc.metadata;
  const { metadata, spec } = rc.spec?.template ?? {};
  const { labels, annotations, finalizers } = metadata ?? {};
  return {
    type: 'CreateObject',
    ...(failure === undefined ? { id: `rc.${uid}.${position}.${k}` } : {}),
    data: {
      resource: 'pods',
      namespace,
      object: {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: {
          generateName: podNamePrefix(name),
          namespace,
          labels,
          annotations,
          finalizers,
          ownerReferences: [ownerReference(rc)],
        },
        spec,
      },
    },
  };
}

function failureNote(rc: Rc, failure: KubeStatus): Note {
  const { namespace = '', name, uid } = rc.metadata;
  return {
    type: 'Warning',
    reason: 'FailedCreate',
    message: `Error creating: ${failure.message ?? failure.reason ?? 'the pod was refused'}`,
    component: 'replication-controller',
    host: '',
    about: { resource: 'replicationcontrollers', namespace, name, uid },
  };
}

/** Leaves room for the five generated characters and the dash in a pod's name of 253. */
function podNamePrefix(name: string): string {
  return `${name.slice(0, 247)}-`;
}

function ownerReference(rc: Rc) {
  return controllerReference('v1', 'ReplicationController', rc.metadata);
}
