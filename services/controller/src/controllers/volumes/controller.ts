import type { ReadonlyCluster } from '@shiplog/cluster';
import { localKey, splitKey } from '@shiplog/contracts';
import {
  annotationOf,
  isConditionTrue,
  isFullyBound,
  LOCAL_PROVISIONER,
  storageClassOf,
  VOLUME_ANNOTATIONS as ANNOTATIONS,
  type StoredClaim,
  type StoredVolume,
} from '@shiplog/kube';
import {
  SETTLED,
  type Controller,
  type ObjectChange,
  type ReconcileRequest,
  type ReconcileResult,
} from '../../runtime/domain/controller';
import { decideClaim } from './decide-claim';
import { decideVolume, removed, type Removal } from './decide-volume';
import { Directories, type Directory } from './directories';
import { tell } from './events';
import type { LocalVolumes } from './local-volumes';
import { homeOf, provisioned, provisioningFailed, volumeNameOf, type Provisioning } from './provisioning';

/** A node that did not answer is asked again after so long, or when something is heard of it. */
const ASK_AGAIN_MS = 15_000;
const CLAIM = 'claim/';
const VOLUME = 'volume/';
const LEFT = 'left/';

/**
 * Brings claims and volumes together, and to their end. Keys: `claim/namespace/name`, `volume/name`, and `left/claim/namespace/name`
 * for directories that were to be a claim's volume and may not have become one.
 */
export function volumeController(local: LocalVolumes): Controller {
  const directories = new Directories(local);
  return {
    name: 'volumes',
    watches: {
      *persistentvolumeclaims(change, state) {
        yield* keysOfClaim(change, state);
        const key = claimKey((change.after ?? change.before) as StoredClaim);
        if (directories.has(key)) yield LEFT + key;
      },
      persistentvolumes: keysOfVolume,
      'storageclasses.storage.k8s.io': (_, state) => unbound(state).map(claimKey),
      nodes: keysOfNode,
    },
    *allKeys(state) {
      for (const claim of state.list('persistentvolumeclaims')) yield claimKey(claim);
      for (const volume of state.list('persistentvolumes')) yield volumeKey(volume.metadata.name);
    },
    reconcile(key, request) {
      if (key.startsWith(CLAIM)) return reconcileClaim(key, request, directories);
      return key.startsWith(LEFT)
        ? removeLeft(key.slice(LEFT.length), request, directories)
        : reconcileVolume(key, request, local);
    },
  };
}

async function reconcileClaim(
  key: string,
  request: ReconcileRequest,
  directories: Directories,
): Promise<ReconcileResult> {
  const claim = claimOfKey(key, request);
  if (claim === undefined) return SETTLED;
  const outcome = decideClaim(claim, request.state, request.now);
  return outcome.kind === 'act' ? outcome.result : provision(key, outcome, request, directories);
}

function claimOfKey(key: string, { state }: Pick<ReconcileRequest, 'state'>): StoredClaim | undefined {
  const { namespace, name } = splitKey(key.slice(CLAIM.length));
  return state.get('persistentvolumeclaims', namespace, name);
}

async function reconcileVolume(key: string, request: ReconcileRequest, local: LocalVolumes): Promise<ReconcileResult> {
  const { state } = request;
  const volume = state.get('persistentvolumes', '', key.slice(VOLUME.length));
  if (volume === undefined) return SETTLED;
  const outcome = decideVolume(volume, state);
  return outcome.kind === 'act' ? outcome.result : remove(outcome, request, local);
}

async function provision(
  key: string,
  wanted: Provisioning,
  { observe }: Pick<ReconcileRequest, 'observe'>,
  directories: Directories,
): Promise<ReconcileResult> {
  const { claim, node, name, storageClass } = wanted;
  const made = await observe('made', () => directories.make(key, { node: node.metadata.name, volume: name }));
  if (made.ok) return provisioned(wanted, made.path);
  const message = `failed to provision volume with StorageClass "${storageClass.metadata.name}": ${made.problem}`;
  return { commands: [], notes: [provisioningFailed(claim, message)], requeueAfterMs: ASK_AGAIN_MS };
}

/** Has nodes remove the directories that a claim's volume was to be made of and that nobody waits for any more. */
async function removeLeft(key: string, request: ReconcileRequest, directories: Directories): Promise<ReconcileResult> {
  const { state, observe } = request;
  const claim = claimOfKey(key, request);
  let isDone = true;
  for (const { waiting, ...directory } of observe('asked', () => directories.of(key))) {
    const volume = state.get('persistentvolumes', '', directory.volume);
    const isSettled = state.get('nodes', '', directory.node) === undefined || homeOf(volume) === directory.node;
    if (isSettled) directories.settle(key, directory);
    if (isSettled || isAwaited(claim, directory)) continue;
    const removed = waiting ? undefined : await directories.removeEmpty(key, directory);
    isDone &&= removed?.ok === true;
  }
  return isDone ? SETTLED : { commands: [], requeueAfterMs: ASK_AGAIN_MS };
}

/** Whether a claim still waits for the volume that the directory was to be. */
function isAwaited(claim: StoredClaim | undefined, { node, volume }: Directory): boolean {
  if (claim === undefined || volumeNameOf(claim) !== volume || claim.metadata.deletionTimestamp !== undefined)
    return false;
  return (claim.spec?.volumeName ?? '') === '' && annotationOf(claim, ANNOTATIONS.selectedNode) === node;
}

async function remove(
  { volume, node }: Removal,
  { observe }: Pick<ReconcileRequest, 'observe'>,
  local: LocalVolumes,
): Promise<ReconcileResult> {
  const gone = await observe('removed', () => local.remove(node, volume.metadata.name));
  if (gone.ok) return removed(volume);
  const note = tell(volume, 'Warning', 'VolumeFailedDelete', gone.problem, LOCAL_PROVISIONER);
  return { commands: [], notes: [note], requeueAfterMs: ASK_AGAIN_MS };
}

/** Also the volume that it names, or that is kept for it: when it comes, names one, or goes. */
function keysOfClaim({ before, after }: ObjectChange<'persistentvolumeclaims'>, state: ReadonlyCluster): string[] {
  const claim = after ?? before;
  if (claim === undefined) return [];
  const isOther = before === undefined || after === undefined || before.spec?.volumeName !== after.spec?.volumeName;
  if (!isOther) return [claimKey(claim)];
  const named = [before, after].map((version) => version?.spec?.volumeName ?? '');
  const { namespace, name } = claim.metadata;
  const kept = state.list('persistentvolumes').filter(({ spec }) => {
    return spec?.claimRef?.name === name && spec.claimRef.namespace === namespace;
  });
  const volumes = new Set([...named.filter((volume) => volume !== ''), ...kept.map(({ metadata }) => metadata.name)]);
  return [claimKey(claim), ...Array.from(volumes, volumeKey)];
}

/** Also the claims that it belongs to, those that name it when it comes or goes, and those that one that is nobody's may be for. */
function keysOfVolume({ before, after }: ObjectChange<'persistentvolumes'>, state: ReadonlyCluster): string[] {
  const name = (after ?? before)?.metadata.name ?? '';
  const keys = new Set([volumeKey(name)]);
  for (const claimRef of [before?.spec?.claimRef, after?.spec?.claimRef]) {
    if (claimRef !== undefined) keys.add(`${CLAIM}${localKey(claimRef.namespace ?? '', claimRef.name ?? '')}`);
  }
  const isOffered = after !== undefined && isOffer(before, after);
  if (before !== undefined && after !== undefined && !isOffered) return [...keys];
  for (const claim of state.list('persistentvolumeclaims')) {
    const isWaiting = isOffered && !isFullyBound(claim) && storageClassOf(claim) === storageClassOf(after);
    if (isWaiting || claim.spec?.volumeName === name) keys.add(claimKey(claim));
  }
  return [...keys];
}

/** It has become something that a claim may take. */
function isOffer(before: StoredVolume | undefined, after: StoredVolume): boolean {
  const isFree = after.spec?.claimRef === undefined && after.status?.phase === 'Available';
  return isFree && (before === undefined || before.status?.phase !== 'Available' || before.spec !== after.spec);
}

/** What waits for a node that was lost, is there again, or has gone for good. */
function keysOfNode({ before, after }: ObjectChange<'nodes'>, state: ReadonlyCluster): string[] {
  const isSame = before !== undefined && after !== undefined && isReady(before) === isReady(after);
  if (isSame) return [];
  const name = (after ?? before)?.metadata.name;
  const claims = unbound(state).filter((claim) => annotationOf(claim, ANNOTATIONS.selectedNode) === name);
  const volumes = state.list('persistentvolumes').filter((volume) => {
    return volume.status?.phase !== 'Bound' && homeOf(volume) === name;
  });
  return [...claims.map(claimKey), ...volumes.map(({ metadata }) => volumeKey(metadata.name))];
}

function isReady(node: NonNullable<ObjectChange<'nodes'>['after']>): boolean {
  return isConditionTrue(node, 'Ready');
}

function unbound(state: ReadonlyCluster): StoredClaim[] {
  return state.list('persistentvolumeclaims').filter((claim) => !isFullyBound(claim));
}

function claimKey({ metadata: { namespace = '', name } }: StoredClaim): string {
  return `${CLAIM}${localKey(namespace, name)}`;
}

function volumeKey(name: string): string {
  return `${VOLUME}${name}`;
}
