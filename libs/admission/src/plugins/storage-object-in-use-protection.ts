import { VOLUME_FINALIZERS } from '@shiplog/kube';
import type { AdmissionPlugin } from './plugin';

/** A new claim or volume stays until nothing uses it any more: a controller takes the finalizer away then. */
export const storageObjectInUseProtection: AdmissionPlugin = {
  name: 'StorageObjectInUseProtection',
  resources: ['persistentvolumeclaims', 'persistentvolumes'],
  admit({ row, subresource, object: { metadata }, before }) {
    if (before !== undefined || subresource !== undefined) return undefined;
    const finalizer = row.id === 'persistentvolumes' ? VOLUME_FINALIZERS.volume : VOLUME_FINALIZERS.claim;
    const { finalizers = [] } = metadata;
    if (!finalizers.includes(finalizer)) metadata.finalizers = [...finalizers, finalizer];
    return undefined;
  },
};
