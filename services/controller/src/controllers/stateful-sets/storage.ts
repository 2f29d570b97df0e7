import type { ObjectOf, OwnerReference } from '@shiplog/contracts';
import { patchOf, type StoredPod } from '@shiplog/kube';
import { controllerReference } from '../../domain/owners';
import type { PlannedCommand } from '../../runtime/domain/controller';
import { claimName, isWanted, podName, setReference, type StatefulSet } from './identity';
import { claimMade } from './notes';

export type Claim = ObjectOf<'persistentvolumeclaims'>;

/** The claim of this name in the set's namespace. */
export type ClaimNamed = (name: string) => Claim | undefined;

/** What a pod's claims are like, before it can be made or while it waits for them. */
export interface PodClaims {
  /** Makes those that are missing. */
  readonly creations: readonly PlannedCommand[];
  /** One that can't be used: it is on its way out. */
  readonly leaving?: string;
  /** One is still owned by a pod of the same name that was scaled away: it goes with that pod, and is made anew then. */
  readonly isStale: boolean;
}

/** The claims of the pod of an ordinal, as its set's templates want them. */
export function podClaims(set: StatefulSet, ordinal: number, named: ClaimNamed): PodClaims {
  const creations: PlannedCommand[] = [];
  let leaving: string | undefined;
  let isStale = false;
  for (const template of set.spec?.volumeClaimTemplates ?? []) {
    const name = claimName(set, template.metadata.name ?? '', ordinal);
    const claim = named(name);
    if (claim === undefined) creations.push(creationOf(set, template, name, ordinal));
    else if (claim.metadata.deletionTimestamp !== undefined) leaving ??= name;
    isStale ||=
      policyOf(set).whenScaled === 'Delete' && ownersNamed(claim, 'v1', 'Pod', podName(set, ordinal)).length > 0;
  }
  return { creations, leaving, isStale };
}

function creationOf(
  set: StatefulSet,
  template: NonNullable<NonNullable<StatefulSet['spec']>['volumeClaimTemplates']>[number],
  name: string,
  ordinal: number,
): PlannedCommand {
  const { namespace = '' } = set.metadata;
  const { annotations } = template.metadata;
  const labels = { ...template.metadata.labels, ...set.spec?.selector.matchLabels };
  const metadata = { name, namespace, labels, annotations };
  const object = { apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata, spec: template.spec };
  return {
    type: 'CreateObject',
    data: { resource: 'persistentvolumeclaims', namespace, object },
    note: claimMade(set, name, podName(set, ordinal)),
  };
}

/**
 * Who owns a pod's claims, as `persistentVolumeClaimRetentionPolicy` has it: with the owner the claim goes. Where it has to go
 * with the set that is the set, where it goes with a pod that is scaled away that pod (isClaimOwnerUpToDate and
 * updateClaimOwnerRefForSetAndPod of Kubernetes' stateful_set_utils).
 *
 * @param pod that of the ordinal; undefined before it is made
 */
export function retention(
  set: StatefulSet,
  ordinal: number,
  pod: StoredPod | undefined,
  named: ClaimNamed,
): PlannedCommand[] {
  const names = (set.spec?.volumeClaimTemplates ?? []).map(({ metadata }) =>
    claimName(set, metadata.name ?? '', ordinal),
  );
  return names.flatMap((name) => {
    const claim = named(name);
    return claim === undefined ? [] : owned(claim, set, ordinal, pod);
  });
}

function owned(claim: Claim, set: StatefulSet, ordinal: number, pod: StoredPod | undefined): PlannedCommand[] {
  const ofSet = ownersNamed(claim, 'apps/v1', 'StatefulSet', set.metadata.name);
  const ofPod = ownersNamed(claim, 'v1', 'Pod', podName(set, ordinal));
  // What one of the same name before owns is the garbage collector's.
  const isStale =
    ofSet.some(({ uid }) => uid !== set.metadata.uid) || ofPod.some(({ uid }) => uid !== pod?.metadata.uid);
  if (isStale) return [];
  const own = [...ofSet, ...ofPod];
  const wanted = hasOtherController(claim, own) ? undefined : ownerWanted(set, ordinal, pod);
  const surplus = own.filter(({ uid, controller }) => uid !== wanted?.uid || controller !== true);
  const isOwned = own.some((owner) => owner.uid === wanted?.uid && owner.controller === true);
  const missing = wanted === undefined || isOwned ? [] : [wanted];
  if (surplus.length === 0 && missing.length === 0) return [];
  const gone = surplus.filter(({ uid }) => uid !== wanted?.uid).map(({ uid }) => ({ $patch: 'delete', uid }));
  return [patchOf('persistentvolumeclaims', claim, { metadata: { ownerReferences: [...gone, ...missing] } })];
}

function ownerWanted(set: StatefulSet, ordinal: number, pod: StoredPod | undefined): OwnerReference | undefined {
  const { whenScaled, whenDeleted } = policyOf(set);
  if (whenScaled === 'Delete' && !isWanted(set, ordinal)) {
    return pod === undefined ? undefined : controllerReference('v1', 'Pod', pod.metadata);
  }
  return whenDeleted === 'Delete' ? setReference(set) : undefined;
}

/** Somebody else sees to the claim: where claims are kept that is no concern, elsewhere it stays theirs. */
function hasOtherController({ metadata }: Claim, own: readonly OwnerReference[]): boolean {
  return metadata.ownerReferences?.some((owner) => owner.controller === true && !own.includes(owner)) ?? false;
}

function ownersNamed(claim: Claim | undefined, apiVersion: string, kind: string, name: string): OwnerReference[] {
  const owners = claim?.metadata.ownerReferences ?? [];
  return owners.filter((owner) => owner.apiVersion === apiVersion && owner.kind === kind && owner.name === name);
}

function policyOf({ spec }: StatefulSet): { whenScaled: string; whenDeleted: string } {
  const { whenScaled = 'Retain', whenDeleted = 'Retain' } = spec?.persistentVolumeClaimRetentionPolicy ?? {};
  return { whenScaled, whenDeleted };
}
