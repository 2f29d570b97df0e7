import { SCHEDULER_VIEW } from '@shiplog/contracts';
import type { StoredClaim, StoredStorageClass, StoredVolume } from '@shiplog/kube';
import { guarded } from '../../../cluster/src/testing/guarded';

const META = { resourceVersion: '1', creationTimestamp: '2024-01-01T00:00:00Z' };

export interface ClaimTraits {
  storageClass?: string;
  /** The volume that it is bound to. */
  bound?: string;
  /** The node that was chosen for it. */
  selected?: string;
  size?: string;
  modes?: string[];
  phase?: string;
  deleting?: boolean;
  owner?: string;
}

/** A claim of the namespace `default`, of what a scheduler keeps of it. */
export function aClaim(name: string, traits: ClaimTraits = {}): StoredClaim {
  const { storageClass = 'local', bound, selected, size = '1Gi', modes = ['ReadWriteOnce'], owner } = traits;
  const annotations = {
    ...(bound !== undefined && { 'pv.kubernetes.io/bind-completed': 'yes' }),
    ...(selected !== undefined && { 'volume.kubernetes.io/selected-node': selected }),
  };
  const claim = {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: {
      ...META,
      name,
      namespace: 'default',
      uid: `uid-${name}`,
      annotations,
      ...(traits.deleting === true && { deletionTimestamp: META.creationTimestamp }),
      ...(owner !== undefined && {
        ownerReferences: [{ apiVersion: 'v1', kind: 'Pod', name: owner, uid: `uid-${owner}` }],
      }),
    },
    spec: {
      accessModes: modes,
      resources: { requests: { storage: size } },
      storageClassName: storageClass,
      ...(bound !== undefined && { volumeName: bound }),
    },
    status: { phase: traits.phase ?? (bound === undefined ? 'Pending' : 'Bound') },
  } as unknown as StoredClaim;
  return guarded(SCHEDULER_VIEW, 'persistentvolumeclaims', claim);
}

export interface VolumeTraits {
  storageClass?: string;
  /** The node that has it; every node, if not told. */
  node?: string;
  claim?: string;
  size?: string;
  phase?: string;
  labels?: Record<string, string>;
}

/** A volume, likewise. */
export function aVolume(name: string, traits: VolumeTraits = {}): StoredVolume {
  const { storageClass = 'local', node, claim, size = '1Gi', labels } = traits;
  const term = { matchFields: [{ key: 'metadata.name', operator: 'In', values: [node] }] };
  const volume = {
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { ...META, name, uid: `uid-${name}`, ...(labels !== undefined && { labels }) },
    spec: {
      accessModes: ['ReadWriteOnce'],
      capacity: { storage: size },
      storageClassName: storageClass,
      ...(claim !== undefined && { claimRef: { namespace: 'default', name: claim, uid: `uid-${claim}` } }),
      ...(node !== undefined && { nodeAffinity: { required: { nodeSelectorTerms: [term] } } }),
    },
    status: { phase: traits.phase ?? (claim === undefined ? 'Available' : 'Bound') },
  } as unknown as StoredVolume;
  return guarded(SCHEDULER_VIEW, 'persistentvolumes', volume);
}

/** A class whose volumes wait for a pod, unless said otherwise. */
export function aStorageClass(name: string, traits: Partial<StoredStorageClass> = {}): StoredStorageClass {
  const storageClass = {
    apiVersion: 'storage.k8s.io/v1',
    kind: 'StorageClass',
    metadata: { ...META, name, uid: `uid-${name}` },
    provisioner: 'shiplog.dev/local',
    volumeBindingMode: 'WaitForFirstConsumer',
    ...traits,
  } as unknown as StoredStorageClass;
  return guarded(SCHEDULER_VIEW, 'storageclasses.storage.k8s.io', storageClass);
}

/** The volumes of a pod's spec that have these claims. */
export function claiming(...claims: string[]) {
  return { volumes: claims.map((claimName, i) => ({ name: `v${i}`, persistentVolumeClaim: { claimName } })) };
}
