import { patchOf } from '../commands';
import { claimReference, VOLUME_ANNOTATIONS as ANNOTATIONS, type StoredClaim, type StoredVolume } from './claims';

/**
 * Keeps a volume for a claim, if it still is as it was decided on: of two claims that would have it, one comes too late. Says also
 * whether that was a choice, which may be taken back.
 */
export function keepFor(claim: StoredClaim, volume: StoredVolume) {
  const isChoice = volume.spec?.claimRef === undefined;
  const metadata = isChoice ? { annotations: { [ANNOTATIONS.boundByController]: 'yes' } } : {};
  return patchOf(
    'persistentvolumes',
    volume,
    { metadata, spec: { claimRef: claimReference(claim) } },
    { asSeen: true },
  );
}

/** Chooses the node for which a claim's volume is to be made, if the claim still is as it was decided on. */
export function selectNode(claim: StoredClaim, node: string) {
  const metadata = { annotations: { [ANNOTATIONS.selectedNode]: node } };
  return patchOf('persistentvolumeclaims', claim, { metadata }, { asSeen: true });
}
