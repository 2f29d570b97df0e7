import { sameJson } from '@shiplog/apimachinery';
import {
  isFullyBound,
  keepFor,
  patchOf,
  statusPatchOf,
  VOLUME_ANNOTATIONS as ANNOTATIONS,
  type StoredClaim,
  type StoredVolume,
} from '@shiplog/kube';
import type { PlannedCommand } from '../../runtime/domain/controller';

const YES = 'yes';

/**
 * The next step of binding a claim to a volume, as far as the two have come; none when they are bound. The volume says first whose
 * it is, in the version that was decided on: of two claims that would have it, one comes too late. What follows rests on that
 * word, so it may be lost, repeated or left for the next controller.
 */
export function bind(volume: StoredVolume, claim: StoredClaim): PlannedCommand[] {
  if (volume.spec?.claimRef?.uid !== claim.metadata.uid) return [keepFor(claim, volume)];
  const isNamed = isFullyBound(claim) && claim.spec?.volumeName === volume.metadata.name;
  return [...phaseOf(volume, 'Bound'), ...(isNamed ? boundStatus(claim, volume) : [nameVolume(claim, volume)])];
}

function nameVolume(claim: StoredClaim, { metadata: { name } }: StoredVolume): PlannedCommand {
  const isChoice = (claim.spec?.volumeName ?? '') === '';
  const annotations = {
    [ANNOTATIONS.bindCompleted]: YES,
    ...(isChoice && { [ANNOTATIONS.boundByController]: YES }),
  };
  const patch = { metadata: { annotations }, spec: { volumeName: name } };
  return patchOf('persistentvolumeclaims', claim, patch, { asSeen: true });
}

/** How much it got it is told once: from then on that is for whoever makes it larger. */
function boundStatus(claim: StoredClaim, { spec }: StoredVolume): PlannedCommand[] {
  const { phase, accessModes, capacity } = claim.status ?? {};
  const isNew = phase !== 'Bound' || capacity?.['storage'] === undefined;
  if (!isNew && sameJson(accessModes, spec?.accessModes)) return [];
  const status = { phase: 'Bound', accessModes: spec?.accessModes, ...(isNew && { capacity: spec?.capacity }) };
  return [statusPatchOf('persistentvolumeclaims', claim, status, { patchType: 'merge' })];
}

/** Writes that a claim has no volume (any more), unless it says so. */
export function unboundStatus(claim: StoredClaim, phase: 'Pending' | 'Lost'): PlannedCommand[] {
  const { phase: stored, accessModes, capacity } = claim.status ?? {};
  if (stored === phase && accessModes === undefined && capacity === undefined) return [];
  const status = { phase, accessModes: null, capacity: null };
  return [statusPatchOf('persistentvolumeclaims', claim, status, { patchType: 'merge' })];
}

/** Writes how a volume is, unless it says so. */
export function phaseOf(
  volume: StoredVolume,
  phase: 'Available' | 'Bound' | 'Released' | 'Failed',
  message?: string,
): PlannedCommand[] {
  const { status } = volume;
  if (status?.phase === phase && status.message === message) return [];
  return [statusPatchOf('persistentvolumes', volume, { phase, message: message ?? null }, { patchType: 'merge' })];
}

/** Takes a volume back from a claim that has another one: what the controller chose it forgets, what a user chose stays kept for the claim. */
export function unbind(volume: StoredVolume): PlannedCommand {
  const isChoice = volume.metadata.annotations?.[ANNOTATIONS.boundByController] !== undefined;
  const patch = isChoice
    ? { metadata: { annotations: { [ANNOTATIONS.boundByController]: null } }, spec: { claimRef: null } }
    : { spec: { claimRef: { uid: null, resourceVersion: null } } };
  return patchOf('persistentvolumes', volume, patch, { patchType: 'merge', asSeen: true });
}
