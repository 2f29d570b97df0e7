import type { ReadonlyCluster } from '@shiplog/cluster';
import {
  annotationOf,
  deletionOf,
  LOCAL_PROVISIONER,
  patchOf,
  VOLUME_ANNOTATIONS as ANNOTATIONS,
  VOLUME_FINALIZERS,
  type StoredClaim,
  type StoredVolume,
} from '@shiplog/kube';
import type { PlannedCommand, ReconcileResult } from '../../runtime/domain/controller';
import { phaseOf, unbind } from './binding';
import { tell } from './events';
import { homeOf } from './provisioning';

/** A volume's directory is to be removed from its node, and then the volume. */
export interface Removal {
  readonly kind: 'remove';
  readonly volume: StoredVolume;
  readonly node: string;
}

/** What a volume needs now: commands, or that its files go. */
export type VolumeOutcome = { readonly kind: 'act'; readonly result: ReconcileResult } | Removal;

/** What one volume needs now (syncVolume of Kubernetes' persistent volume controller). */
export function decideVolume(volume: StoredVolume, state: ReadonlyCluster): VolumeOutcome {
  const { claimRef } = volume.spec ?? {};
  if ((claimRef?.uid ?? '') === '') return unused(volume, state);
  const named = state.get('persistentvolumeclaims', claimRef?.namespace ?? '', claimRef?.name ?? '');
  const claim = named?.metadata.uid === claimRef?.uid ? named : undefined;
  if (claim === undefined) return released(volume, state);
  const { volumeName = '' } = claim.spec ?? {};
  if (volumeName === '')
    return volume.metadata.deletionTimestamp === undefined ? act(mismatch(volume, claim)) : untaken(volume, state);
  if (volumeName === volume.metadata.name) return act({ commands: phaseOf(volume, 'Bound') });
  // It was made for a claim that has got another one.
  const isSpare = annotationOf(volume, ANNOTATIONS.provisionedBy) !== undefined && policyOf(volume) === 'Delete';
  return isSpare ? released(volume, state) : act({ commands: [unbind(volume)] });
}

function unused(volume: StoredVolume, state: ReadonlyCluster): VolumeOutcome {
  const commands = phaseOf(volume, 'Available');
  return commands.length > 0 || volume.metadata.deletionTimestamp === undefined
    ? act({ commands })
    : (removal(volume, state) ?? act({ commands }));
}

/** It is to go before its claim has got it: the claim takes it no more, and gets another one. */
function untaken(volume: StoredVolume, state: ReadonlyCluster): VolumeOutcome {
  return removal(volume, state) ?? act({ commands: [] });
}

/** The claim's next step binds the two, where they go together. */
function mismatch(volume: StoredVolume, claim: StoredClaim): ReconcileResult {
  if ((volume.spec?.volumeMode ?? 'Filesystem') === (claim.spec?.volumeMode ?? 'Filesystem')) return { commands: [] };
  const { namespace, name } = claim.metadata;
  const message = `Cannot bind PersistentVolume to requested PersistentVolumeClaim "${namespace}/${name}" due to incompatible volumeMode.`;
  return { commands: [], notes: [tell(volume, 'Warning', 'VolumeMismatch', message)] };
}

/** Its claim has gone: what becomes of it says its policy. */
function released(volume: StoredVolume, state: ReadonlyCluster): VolumeOutcome {
  const phase = volume.status?.phase;
  if (phase !== 'Released' && phase !== 'Failed') return act({ commands: phaseOf(volume, 'Released') });
  if (volume.metadata.deletionTimestamp !== undefined) return removal(volume, state) ?? act({ commands: [] });
  switch (policyOf(volume)) {
    case 'Delete':
      return deleted(volume, state);
    case 'Recycle':
      return act(unreclaimable(volume, 'VolumeFailedRecycle', 'No recycler plugin found for the volume!'));
    default:
      return act({ commands: [] });
  }
}

function deleted(volume: StoredVolume, state: ReadonlyCluster): VolumeOutcome {
  const provisioner = annotationOf(volume, ANNOTATIONS.provisionedBy);
  if (provisioner === LOCAL_PROVISIONER) return removal(volume, state) ?? act(removed(volume));
  // Whoever made it also removes it.
  if (provisioner !== undefined) return act({ commands: [] });
  const { name } = volume.metadata;
  const message = `error getting deleter volume plugin for volume "${name}": no deletable volume plugin matched`;
  return act(unreclaimable(volume, 'VolumeFailedDelete', message));
}

function unreclaimable(volume: StoredVolume, reason: string, message: string): ReconcileResult {
  const commands = phaseOf(volume, 'Failed', message);
  return { commands, notes: commands.length === 0 ? [] : [tell(volume, 'Warning', reason, message)] };
}

/**
 * Undefined where nothing of this provisioner is to be removed. A node that has gone for good keeps no volume: its files have
 * gone with it, or are nobody's.
 */
function removal(volume: StoredVolume, state: ReadonlyCluster): VolumeOutcome | undefined {
  if (annotationOf(volume, ANNOTATIONS.provisionedBy) !== LOCAL_PROVISIONER) return undefined;
  const node = policyOf(volume) === 'Delete' ? homeOf(volume) : undefined;
  if (node !== undefined && state.get('nodes', '', node) !== undefined) return { kind: 'remove', volume, node };
  return act(removed(volume));
}

/** The end of a volume whose files have gone, or stay where they are for whoever deletes it. */
export function removed(volume: StoredVolume): ReconcileResult {
  const { deletionTimestamp, finalizers = [] } = volume.metadata;
  const commands: PlannedCommand[] = [];
  if (deletionTimestamp === undefined) commands.push(deletionOf('persistentvolumes', volume));
  if (finalizers.includes(VOLUME_FINALIZERS.provisioned)) {
    const metadata = { '$deleteFromPrimitiveList/finalizers': [VOLUME_FINALIZERS.provisioned] };
    commands.push(patchOf('persistentvolumes', volume, { metadata }));
  }
  return { commands };
}

function policyOf({ spec }: StoredVolume): string {
  return spec?.persistentVolumeReclaimPolicy ?? 'Retain';
}

function act(result: ReconcileResult): VolumeOutcome {
  return { kind: 'act', result };
}
