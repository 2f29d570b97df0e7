import { defaultStorageClassOf } from '@shiplog/admission';
import type { ReadonlyCluster } from '@shiplog/cluster';
import {
  annotationOf,
  bestVolumeFor,
  claimNamesOf,
  isKeptFor,
  LOCAL_PROVISIONER,
  patchOf,
  problemOf,
  storageClassOf,
  VOLUME_ANNOTATIONS as ANNOTATIONS,
  type StoredClaim,
  type StoredStorageClass,
} from '@shiplog/kube';
import type { Note, Now, ReconcileResult } from '../../runtime/domain/controller';
import { bind, unboundStatus } from './binding';
import { tell } from './events';
import { expand } from './expansion';
import { decideProvisioning, nameProvisioner, provisioningFailed, type Provisioning } from './provisioning';

/** What a claim needs now: commands, or a volume that is made for it. */
export type ClaimOutcome = { readonly kind: 'act'; readonly result: ReconcileResult } | Provisioning;

/** What one claim needs now (syncClaim of Kubernetes' persistent volume controller). */
export function decideClaim(claim: StoredClaim, state: ReadonlyCluster, now: Now): ClaimOutcome {
  const isBound = annotationOf(claim, ANNOTATIONS.bindCompleted) !== undefined;
  if (isBound) return act(decideBound(claim, state, now));
  // Nobody will use it.
  if (claim.metadata.deletionTimestamp !== undefined) return act({ commands: [] });
  const { volumeName = '' } = claim.spec ?? {};
  return volumeName === '' ? findVolume(claim, state) : act(takeNamed(claim, volumeName, state));
}

/** A claim of which it was said once that it is bound can only be so, or lost. */
function decideBound(claim: StoredClaim, state: ReadonlyCluster, now: Now): ReconcileResult {
  const { volumeName = '' } = claim.spec ?? {};
  const volume = state.get('persistentvolumes', '', volumeName);
  if (volumeName === '') return lost(claim, 'ClaimLost', 'Bound claim has lost reference to PersistentVolume');
  if (volume === undefined) return lost(claim, 'ClaimLost', 'Bound claim has lost its PersistentVolume');
  const { uid = '' } = volume.spec?.claimRef ?? {};
  if (uid !== '' && uid !== claim.metadata.uid) return misbound(claim);
  const commands = bind(volume, claim);
  return commands.length > 0 ? { commands } : expand(claim, volume, state, now);
}

function lost(claim: StoredClaim, reason: string, what: string): ReconcileResult {
  return warned(claim, 'Lost', reason, `${what}. Data on the volume is lost!`);
}

function misbound(claim: StoredClaim): ReconcileResult {
  const message = 'Two claims are bound to the same volume, this one is bound incorrectly';
  return warned(claim, 'Lost', 'ClaimMisbound', message);
}

/** The volume that a user wants it to have. */
function takeNamed(claim: StoredClaim, name: string, state: ReadonlyCluster): ReconcileResult {
  const volume = state.get('persistentvolumes', '', name);
  if (volume === undefined) return { commands: unboundStatus(claim, 'Pending') };
  if (isKeptFor(volume, claim)) return { commands: bind(volume, claim) };
  if (volume.spec?.claimRef !== undefined) {
    return warned(claim, 'Pending', 'FailedBinding', `volume "${name}" already bound to a different claim.`);
  }
  const problem = problemOf(volume, claim);
  if (problem === undefined) return { commands: bind(volume, claim) };
  return warned(claim, 'Pending', 'VolumeMismatch', `Cannot bind to requested volume "${name}": ${problem}`);
}

function findVolume(claim: StoredClaim, state: ReadonlyCluster): ClaimOutcome {
  const storageClass = state.get('storageclasses.storage.k8s.io', '', storageClassOf(claim));
  const isDelayed = storageClass?.volumeBindingMode === 'WaitForFirstConsumer';
  const volume = bestVolumeFor(claim, state.list('persistentvolumes'), { isDelayed });
  if (volume !== undefined) return act({ commands: bind(volume, claim) });
  const standard = classToGive(claim, state);
  if (standard !== undefined) return act(standard);
  if (isDelayed && annotationOf(claim, ANNOTATIONS.selectedNode) === undefined) {
    return pending(claim, awaitedPod(claim, state));
  }
  return provision(claim, storageClass, state);
}

/** A claim that was made while there was no default class gets the one that there is now. */
function classToGive(claim: StoredClaim, state: ReadonlyCluster): ReconcileResult | undefined {
  const { storageClassName } = claim.spec ?? {};
  if (storageClassName !== undefined || claim.metadata.annotations?.[ANNOTATIONS.storageClass] !== undefined) {
    return undefined;
  }
  const standard = defaultStorageClassOf(state);
  if (standard === undefined) return undefined;
  const patch = { spec: { storageClassName: standard } };
  return { commands: [patchOf('persistentvolumeclaims', claim, patch, { asSeen: true })] };
}

function awaitedPod(claim: StoredClaim, state: ReadonlyCluster): Note {
  const { namespace, name } = claim.metadata;
  const waiting = state
    .list('pods', namespace)
    .filter((pod) => (pod.spec?.nodeName ?? '') === '' && claimNamesOf(pod).includes(name))
    .map(({ metadata }) => metadata.name);
  if (waiting.length === 0) {
    const message = 'waiting for first consumer to be created before binding';
    return tell(claim, 'Normal', 'WaitForFirstConsumer', message);
  }
  const pods = waiting.length > 1 ? `pods (${waiting.join(',')})` : `pod ${waiting[0]}`;
  return tell(claim, 'Normal', 'WaitForPodScheduled', `waiting for ${pods} to be scheduled`);
}

function provision(
  claim: StoredClaim,
  storageClass: StoredStorageClass | undefined,
  state: ReadonlyCluster,
): ClaimOutcome {
  const name = storageClassOf(claim);
  if (name === '') {
    const message = 'no persistent volumes available for this claim and no storage class is set';
    return pending(claim, tell(claim, 'Normal', 'FailedBinding', message));
  }
  if (storageClass === undefined) {
    return pending(claim, provisioningFailed(claim, `storageclass.storage.k8s.io "${name}" not found`));
  }
  const { provisioner } = storageClass;
  if (provisioner === LOCAL_PROVISIONER) return decideProvisioning(claim, storageClass, state);
  if (provisioner.startsWith('kubernetes.io/')) {
    return pending(claim, provisioningFailed(claim, `no volume plugin matched name: ${provisioner}`));
  }
  const message =
    `Waiting for a volume to be created either by the external provisioner '${provisioner}' or manually by the system administrator. ` +
    'If volume creation is delayed, please verify that the provisioner is running and correctly registered.';
  const commands = [...nameProvisioner(claim, provisioner), ...unboundStatus(claim, 'Pending')];
  return act({ commands, notes: [tell(claim, 'Normal', 'ExternalProvisioning', message)] });
}

function pending(claim: StoredClaim, note: Note): ClaimOutcome {
  return act({ commands: unboundStatus(claim, 'Pending'), notes: [note] });
}

function warned(claim: StoredClaim, phase: 'Pending' | 'Lost', reason: string, message: string): ReconcileResult {
  return { commands: unboundStatus(claim, phase), notes: [tell(claim, 'Warning', reason, message)] };
}

function act(result: ReconcileResult): ClaimOutcome {
  return { kind: 'act', result };
}
