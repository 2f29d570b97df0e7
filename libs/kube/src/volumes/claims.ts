import type { ObjectOf, ObjectReference, Pod, Volume } from '@shiplog/contracts';

/** A claim as the journal has accepted it. */
export type StoredClaim = ObjectOf<'persistentvolumeclaims'>;
/** A volume of the cluster as the journal has accepted it. */
export type StoredVolume = ObjectOf<'persistentvolumes'>;
/** A class of volumes as the journal has accepted it. */
export type StoredStorageClass = ObjectOf<'storageclasses.storage.k8s.io'>;

/** What Kubernetes writes beside claims and volumes, and reads there (component-helpers/storage/volume). */
export const VOLUME_ANNOTATIONS = {
  /** Of a claim: it was bound to a volume. Without that volume it is lost. */
  bindCompleted: 'pv.kubernetes.io/bind-completed',
  /** Of either: it was not a user who said which belong together. */
  boundByController: 'pv.kubernetes.io/bound-by-controller',
  /** Of a volume: who made it for a claim. */
  provisionedBy: 'pv.kubernetes.io/provisioned-by',
  /** Of a claim: the node that its first pod is to go to. */
  selectedNode: 'volume.kubernetes.io/selected-node',
  /** Of a claim: who is to make its volume. */
  provisioner: 'volume.kubernetes.io/storage-provisioner',
  betaProvisioner: 'volume.beta.kubernetes.io/storage-provisioner',
  /** Of a claim or volume: its class, as before there was a field for that. */
  storageClass: 'volume.beta.kubernetes.io/storage-class',
  /** Of a class: claims get it that name none. */
  isDefaultClass: 'storageclass.kubernetes.io/is-default-class',
} as const;

/** By which objects stay until nothing uses them any more (StorageObjectInUseProtection). */
export const VOLUME_FINALIZERS = {
  claim: 'kubernetes.io/pvc-protection',
  volume: 'kubernetes.io/pv-protection',
  /** What a provisioner made is still there. */
  provisioned: 'external-provisioner.volume.kubernetes.io/finalizer',
} as const;

/** Who makes volumes of directories on nodes. */
export const LOCAL_PROVISIONER = 'shiplog.dev/local';

interface Annotated {
  readonly metadata: { readonly annotations?: Readonly<Record<string, string>> };
}

/** An annotation of an object; undefined for one that is empty or not there. */
export function annotationOf({ metadata: { annotations } }: Annotated, name: string): string | undefined {
  return annotations?.[name] === '' ? undefined : annotations?.[name];
}

/** The class of a claim or a volume; '' for none (GetPersistentVolumeClaimClass, GetPersistentVolumeClass). */
export function storageClassOf(object: StoredClaim | StoredVolume): string {
  return object.metadata.annotations?.[VOLUME_ANNOTATIONS.storageClass] ?? object.spec?.storageClassName ?? '';
}

/** How much a claim asks for. */
export function requestOf({ spec }: StoredClaim): string {
  return spec?.resources?.requests?.['storage'] ?? '0';
}

/** How much a volume has. */
export function sizeOf({ spec }: StoredVolume): string {
  return spec?.capacity?.['storage'] ?? '0';
}

/** Whether a volume is a claim's, or kept for it by its name (IsVolumeBoundToClaim). */
export function isKeptFor({ spec }: StoredVolume, { metadata }: StoredClaim): boolean {
  const { claimRef } = spec ?? {};
  if (claimRef?.name !== metadata.name || claimRef.namespace !== metadata.namespace) return false;
  return (claimRef.uid ?? '') === '' || claimRef.uid === metadata.uid;
}

/** Whether the two are bound to each other, for good. */
export function isBoundTo(volume: StoredVolume, claim: StoredClaim): boolean {
  return isKeptFor(volume, claim) && (volume.spec?.claimRef?.uid ?? '') !== '' && isFullyBound(claim);
}

/** Whether a claim has got its volume, as far as the claim says. */
export function isFullyBound(claim: StoredClaim): boolean {
  return (claim.spec?.volumeName ?? '') !== '' && annotationOf(claim, VOLUME_ANNOTATIONS.bindCompleted) !== undefined;
}

/** What a volume says of the claim that it belongs to. */
export function claimReference({ metadata }: StoredClaim): ObjectReference {
  const { namespace, name, uid, resourceVersion } = metadata;
  return { apiVersion: 'v1', kind: 'PersistentVolumeClaim', namespace, name, uid, resourceVersion };
}

type NamedPod = Pick<Pod, 'spec'> & { readonly metadata: { readonly name?: string } };

/**
 * The claim whose volume a pod's volume is; undefined for what is no claim's. One that is made for the pod alone is named after both
 * (VolumeClaimName in component-helpers/storage/ephemeral).
 */
export function claimNameOf({ metadata }: NamedPod, volume: Volume): string | undefined {
  if (volume.ephemeral !== undefined) return `${metadata.name}-${volume.name}`;
  return volume.persistentVolumeClaim?.claimName;
}

/** The claims whose volumes a pod has, each once. */
export function claimNamesOf(pod: NamedPod): string[] {
  return [...new Set((pod.spec?.volumes ?? []).flatMap((volume) => claimNameOf(pod, volume) ?? []))];
}
