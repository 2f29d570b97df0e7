import type { BuiltIn, ObjectOf } from '@shiplog/contracts';
import {
  claimNameOf,
  patchOf,
  VOLUME_FINALIZERS,
  type StoredClaim,
  type StoredPod,
  type StoredVolume,
} from '@shiplog/kube';
import type { PlannedCommand } from '../../runtime/domain/controller';

/**
 * What protects a claim, and no longer than it is used (Kubernetes' pvc-protection): by pods that have a node, as others are not
 * started any more with a claim that is to go.
 *
 * @param pods of the claim's namespace
 */
export function protectClaim(claim: StoredClaim, pods: () => readonly StoredPod[]): PlannedCommand[] {
  const isUsed = (): boolean => pods().some((pod) => (pod.spec?.nodeName ?? '') !== '' && uses(pod, claim));
  return protect('persistentvolumeclaims', claim, VOLUME_FINALIZERS.claim, isUsed);
}

/** What protects a volume, as long as it is bound to a claim (pv-protection). */
export function protectVolume(volume: StoredVolume): PlannedCommand[] {
  return protect('persistentvolumes', volume, VOLUME_FINALIZERS.volume, () => volume.status?.phase === 'Bound');
}

function protect<R extends BuiltIn>(
  resource: R,
  object: ObjectOf<R>,
  finalizer: string,
  isUsed: () => boolean,
): PlannedCommand[] {
  const { finalizers = [], deletionTimestamp } = object.metadata;
  const isProtected = finalizers.includes(finalizer);
  if (deletionTimestamp === undefined) {
    return isProtected ? [] : [patchOf(resource, object, { metadata: { finalizers: [finalizer] } })];
  }
  if (!isProtected || isUsed()) return [];
  return [patchOf(resource, object, { metadata: { '$deleteFromPrimitiveList/finalizers': [finalizer] } })];
}

function uses(pod: StoredPod, { metadata: { name, ownerReferences = [] } }: StoredClaim): boolean {
  return (pod.spec?.volumes ?? []).some((volume) => {
    if (claimNameOf(pod, volume) !== name) return false;
    // A claim of that name may be somebody else's.
    return volume.ephemeral === undefined || ownerReferences.some(({ uid }) => uid === pod.metadata.uid);
  });
}
