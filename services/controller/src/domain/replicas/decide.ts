import type { KubeStatus } from '@shiplog/contracts';
import { deletionOf, type StoredPod } from '@shiplog/kube';
import type { Note, Now, PlannedCommand, ReconcileResult } from '../../runtime/domain/controller';
import { claim } from '../claims';
import { controllerReference } from '../owners';
import { createPod, messageOf, MOST_PODS_AT_ONCE, warningOn } from '../pod-making';
import { isPodActive } from '../pods';
import { byUsefulness } from './deletion-order';
import type { ReplicaKind, ReplicaResource, Replicas } from './kind';
import { observedStatus, writeStatus } from './status';

/** All that the decision on one ReplicationController or ReplicaSet looks at. */
export interface ReplicasView<R extends ReplicaResource = ReplicaResource> {
  kind: ReplicaKind<R>;
  owner: Replicas<R>;
  /** Its own and its namespace's orphans. */
  pods: readonly StoredPod[];
  /** Those that its owner has in others of its kind: what crowds nodes is counted over all of them. Looked up only for a deletion. */
  podsBeside: () => readonly StoredPod[];
  now: Now;
  /** Position of the state: names the creations, so that deciding twice on one state makes the pods once. */
  position: number;
  /** Why the journal refused a pod in the attempt before. */
  failure?: KubeStatus;
  /** No pod can be made there any more. */
  namespaceTerminating: boolean;
}

/** What one of them needs now: owners set right, pods made or deleted, its status written. */
export function decideReplicas<R extends ReplicaResource>(view: ReplicasView<R>): ReconcileResult {
  const { kind, owner, now } = view;
  const isGoing = owner.metadata.deletionTimestamp !== undefined;
  const claimer = {
    reference: referenceTo(view),
    matches: (labels?: Readonly<Record<string, string>>) => kind.matches(owner, labels),
    isGoing,
  };
  const { owned, commands: claims } = claim('pods', claimer, view.pods, isPodActive);
  const active = owned.filter(isPodActive);
  const missing = (owner.spec?.replicas ?? 1) - active.length;
  const failure = missing > 0 ? view.failure : undefined;
  const scaling = isGoing ? [] : scale(view, active, missing);
  const { status, changesInMs } = observedStatus(owner, active, now, failure);
  // While pods come or go the count is about to change again: it is written once, when it has settled.
  const settled = scaling.length === 0 || failure !== undefined;
  const written = settled ? writeStatus(kind.resource, owner, status) : undefined;
  return {
    commands: [...claims, ...scaling, ...(written === undefined ? [] : [written])],
    requeueAfterMs: changesInMs,
    notes: failure === undefined ? [] : [failureNote(view, failure)],
  };
}

/** Pods to make, or the least useful ones to delete, until as many are active as are wanted. */
function scale<R extends ReplicaResource>(
  view: ReplicasView<R>,
  active: readonly StoredPod[],
  missing: number,
): PlannedCommand[] {
  if (missing < 0) {
    const surplus = Math.min(-missing, MOST_PODS_AT_ONCE);
    return byUsefulness(active, view.now.ms, [...active, ...view.podsBeside().filter(isPodActive)])
      .slice(0, surplus)
      .map((pod) => deletionOf('pods', pod));
  }
  if (view.namespaceTerminating) return [];
  // After a refusal one pod is tried, not hundreds that would fare the same.
  const most = view.failure === undefined ? MOST_PODS_AT_ONCE : 1;
  const { namespace = '', uid } = view.owner.metadata;
  return Array.from({ length: Math.min(missing, most) }, (_, k) =>
    createPod({
      namespace,
      template: view.owner.spec?.template,
      owner: referenceTo(view),
      id: view.failure === undefined ? `rc.${uid}.${view.position}.${k}` : undefined,
    }),
  );
}

function failureNote<R extends ReplicaResource>({ kind, owner }: ReplicasView<R>, failure: KubeStatus): Note {
  const about = { resource: kind.resource, ...owner.metadata };
  return warningOn(about, kind.component, 'FailedCreate', `Error creating: ${messageOf(failure)}`);
}

function referenceTo<R extends ReplicaResource>({ kind, owner }: ReplicasView<R>) {
  return controllerReference(kind.apiVersion, kind.kind, owner.metadata);
}
