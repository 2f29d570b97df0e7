import type { Draft } from '../kinds/kind';
import { defaultOf } from './default-class';
import type { AdmissionPlugin } from './plugin';

const CLASS_ANNOTATION = 'volume.beta.kubernetes.io/storage-class';
const DEFAULT_CLASS = 'storageclass.kubernetes.io/is-default-class';

/** A new claim that names no class gets the cluster's default one. */
export const defaultStorageClass: AdmissionPlugin = {
  name: 'DefaultStorageClass',
  resources: ['persistentvolumeclaims'],
  admit({ object, before, ctx }) {
    const claim = object as Draft<'persistentvolumeclaims'>;
    const isNamed =
      claim.spec?.storageClassName !== undefined || claim.metadata.annotations?.[CLASS_ANNOTATION] !== undefined;
    if (before !== undefined || isNamed) return undefined;
    const standard = defaultOf(ctx, 'storageclasses.storage.k8s.io', DEFAULT_CLASS);
    if (standard !== undefined) claim.spec = { ...claim.spec, storageClassName: standard };
    return undefined;
  },
};
