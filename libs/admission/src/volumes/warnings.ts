import type { PersistentVolume, PersistentVolumeClaim, PersistentVolumeClaimSpec } from '@shiplog/contracts';
import { VOLUME_ANNOTATIONS } from '@shiplog/kube';
import { fractionalBytes } from '../pods/byte-warnings';
import { nodeTermWarnings } from '../pods/node-labels';

const CLASS_ANNOTATION = 'deprecated since v1.8; use "storageClassName" attribute instead';
const MOUNT_OPTIONS = 'volume.beta.kubernetes.io/mount-options';
const RECYCLE =
  'spec.persistentVolumeReclaimPolicy: The Recycle reclaim policy is deprecated. Instead, the recommended approach is to use dynamic provisioning.';

/** Where no volume can be any more, as Kubernetes calls the field. */
const DEPRECATED_SOURCES = [
  ['cephfs', 'cephfs', 'deprecated in v1.28, non-functional in v1.31+'],
  ['photonPersistentDisk', 'photonPersistentDisk', 'deprecated in v1.11, non-functional in v1.16+'],
  ['rbd', 'rbd', 'deprecated in v1.28, non-functional in v1.31+'],
  ['scaleIO', 'scaleIO', 'deprecated in v1.16, non-functional in v1.22+'],
  ['storageos', 'storageOS', 'deprecated in v1.22, non-functional in v1.25+'],
  ['glusterfs', 'glusterfs', 'deprecated in v1.25, non-functional in v1.26+'],
] as const;

/** What Kubernetes accepts of a volume and warns of all the same (pkg/api/persistentvolume). */
export function volumeWarnings({ metadata: { annotations = {} }, spec = {} }: PersistentVolume): string[] {
  const terms = spec.nodeAffinity?.required?.nodeSelectorTerms ?? [];
  return [
    ...classAnnotationWarnings(annotations),
    ...(Object.hasOwn(annotations, MOUNT_OPTIONS)
      ? [`metadata.annotations[${MOUNT_OPTIONS}]: deprecated since v1.31; use "mountOptions" attribute instead`]
      : []),
    ...(spec.persistentVolumeReclaimPolicy === 'Recycle' ? [RECYCLE] : []),
    ...terms.flatMap((term, i) => nodeTermWarnings(term, `spec.nodeAffinity.required.nodeSelectorTerms[${i}]`)),
    ...DEPRECATED_SOURCES.flatMap(([field, name, advice]) =>
      spec[field] === undefined ? [] : [`spec.${name}: ${advice}`],
    ),
  ];
}

/** The same of a claim (pkg/api/persistentvolumeclaim). */
export function claimWarnings({ metadata: { annotations = {} }, spec = {} }: PersistentVolumeClaim): string[] {
  return [...classAnnotationWarnings(annotations), ...claimSpecWarnings(spec, 'spec')];
}

/** The same of the spec of a claim, also of one that a template makes. */
export function claimSpecWarnings({ resources = {} }: PersistentVolumeClaimSpec, at: string): string[] {
  return (['requests', 'limits'] as const).flatMap((field) =>
    fractionalBytes(resources[field], 'storage', `${at}.resources.${field}`),
  );
}

function classAnnotationWarnings(annotations: Readonly<Record<string, string>>): string[] {
  const key = VOLUME_ANNOTATIONS.storageClass;
  return Object.hasOwn(annotations, key) ? [`metadata.annotations[${key}]: ${CLASS_ANNOTATION}`] : [];
}
