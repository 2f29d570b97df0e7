import type { KubeStatus, ObjectOf } from '@shiplog/contracts';
import { deletionOf, type StoredPod } from '@shiplog/kube';
import { matchesSelectorMap } from '@shiplog/apimachinery';
import type { Note, Now, PlannedCommand, ReconcileResult } from '../../runtime/domain/controller';
import { claim } from '../claims';
import { controllerReference } from '../owners';
import { createPod, messageOf, MOST_PODS_AT_ONCE, warningOn } from '../pod-making';
import { isPodActive } from '../pods';
import { observedStatus, writeStatus } from './status';
import { byUsefulness } from './deletion-order';

type Rc = ObjectOf<'replicationcontrollers'>;

/** All that the decision on one ReplicationController looks at. */
export interface ReplicationView {
  rc: Rc;
  /** Its own and its namespace's orphans. */
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
  const claimer = {
    reference: ownerReference(rc),
    matches: (labels?: Readonly<Record<string, string>>) => matchesSelectorMap(rc.spec?.selector, labels),
  };
  const { owned, commands: claims } = claim('pods', claimer, view.pods, isPodActive);
  const active = owned.filter(isPodActive);
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
  const { namespace = '', uid } = view.rc.metadata;
  return Array.from({ length: Math.min(missing, most) }, (_, k) =>
    createPod({
      namespace,
      template: view.rc.spec?.template,
      owner: ownerReference(view.rc),
      id: view.failure === undefined ? `rc.${uid}.${view.position}.${k}` : undefined,
    }),
  );
}

function failureNote({ metadata }: Rc, failure: KubeStatus): Note {
  const about = { resource: 'replicationcontrollers' as const, ...metadata };
  return warningOn(about, 'replication-controller', 'FailedCreate', `Error creating: ${messageOf(failure)}`);
}

function ownerReference(rc: Rc) {
  return controllerReference('v1', 'ReplicationController', rc.metadata);
}
