import { VOLUME_ANNOTATIONS } from '@shiplog/kube';
import type { Draft } from '../kinds/kind';
import { defaultStorageClassOf } from './default-class';
import type { AdmissionPlugin } from './plugin';

/** A new claim that names no class gets the cluster's default one. */
export const defaultStorageClass: AdmissionPlugin = {
  name: 'DefaultStorageClass',
  resources: ['persistentvolumeclaims'],
  admit({ object, before, ctx }) {
    const claim = object as Draft<'persistentvolumeclaims'>;
    const isNamed =
      claim.spec?.storageClassName !== undefined ||
      claim.metadata.annotations?.[VOLUME_ANNOTATIONS.storageClass] !== undefined;
    if (before !== undefined || isNamed) return undefined;
    const standard = defaultStorageClassOf(ctx.state);
    if (standard !== undefined) claim.spec = { ...claim.spec, storageClassName: standard };
    return undefined;
  },
};
