import { compareQuantities } from '@shiplog/apimachinery';
import type { ReadonlyCluster } from '@shiplog/cluster';
import {
  annotationOf,
  isConditionTrue,
  LOCAL_PROVISIONER,
  patchOf,
  requestOf,
  sizeOf,
  statusPatchOf,
  storageClassOf,
  VOLUME_ANNOTATIONS as ANNOTATIONS,
  type StoredClaim,
  type StoredVolume,
} from '@shiplog/kube';
import type { Now, PlannedCommand, ReconcileResult } from '../../runtime/domain/controller';
import { tell } from './events';

const IN_PROGRESS = 'ControllerResizeInProgress';
/** What is said of a claim while its volume is made larger, by whomever. */
const RESIZE_CONDITIONS = ['Resizing', 'FileSystemResizePending', 'ControllerResizeError', 'NodeResizeError'];

/**
 * A claim that asks for more than it got. Of the volumes of this cluster's own provisioner nothing has to be made larger, so it has it
 * at once: the claim says that it is being done, the volume how large it is now, and then the claim (as external provisioners'
 * resizers do, with Kubernetes' RecoverVolumeExpansionFailure). Others are for their own drivers.
 */
export function expand(claim: StoredClaim, volume: StoredVolume, state: ReadonlyCluster, now: Now): ReconcileResult {
  const wanted = requestOf(claim);
  if (compareQuantities(wanted, claim.status?.capacity?.['storage'] ?? '0') <= 0) return { commands: [] };
  const storageClass = state.get('storageclasses.storage.k8s.io', '', storageClassOf(claim));
  if (storageClass?.allowVolumeExpansion !== true) return { commands: [] };
  if (annotationOf(volume, ANNOTATIONS.provisionedBy) !== LOCAL_PROVISIONER) {
    const message = 'waiting for an external controller to expand this PVC';
    return { commands: [], notes: [tell(claim, 'Normal', 'ExternalExpanding', message, 'volume_expand')] };
  }
  if (compareQuantities(sizeOf(volume), wanted) < 0) {
    const enlarged = patchOf('persistentvolumes', volume, { spec: { capacity: { storage: wanted } } });
    return { commands: [...begun(claim, wanted, now), enlarged] };
  }
  return {
    commands: [finished(claim, sizeOf(volume))],
    notes: [tell(claim, 'Normal', 'VolumeResizeSuccessful', 'Resize volume succeeded', 'volume_expand')],
  };
}

function begun(claim: StoredClaim, wanted: string, now: Now): PlannedCommand[] {
  const { allocatedResources, allocatedResourceStatuses } = claim.status ?? {};
  const isSaid = allocatedResources?.['storage'] === wanted && allocatedResourceStatuses?.['storage'] === IN_PROGRESS;
  if (isSaid && isConditionTrue(claim, 'Resizing')) return [];
  const resizing = { type: 'Resizing', status: 'True', lastTransitionTime: now.time };
  return [
    patchStatus(claim, {
      allocatedResources: { storage: wanted },
      allocatedResourceStatuses: { storage: IN_PROGRESS },
      conditions: [...otherConditions(claim), resizing],
    }),
  ];
}

function finished(claim: StoredClaim, size: string): PlannedCommand {
  const { storage: _done, ...statuses } = claim.status?.allocatedResourceStatuses ?? {};
  const conditions = otherConditions(claim);
  return patchStatus(claim, {
    capacity: { storage: size },
    allocatedResources: { storage: size },
    allocatedResourceStatuses: Object.keys(statuses).length === 0 ? null : { storage: null },
    conditions: conditions.length === 0 ? null : conditions,
  });
}

function otherConditions({ status }: StoredClaim) {
  return (status?.conditions ?? []).filter(({ type }) => !RESIZE_CONDITIONS.includes(type));
}

/** In the version that was decided on: others may say something of the claim, too. */
function patchStatus(claim: StoredClaim, status: object): PlannedCommand {
  return statusPatchOf('persistentvolumeclaims', claim, status, { patchType: 'merge', asSeen: true });
}
