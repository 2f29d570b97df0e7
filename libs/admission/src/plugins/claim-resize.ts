import type { PersistentVolumeClaim } from '@shiplog/contracts';
import { compareQuantities } from '@shiplog/apimachinery';
import { VOLUME_ANNOTATIONS } from '@shiplog/kube';
import type { AdmissionContext } from '../context';
import type { AdmissionPlugin } from './plugin';

const CLASS_ANNOTATION = VOLUME_ANNOTATIONS.storageClass;

/** Lets bound claims grow whose class says that its volumes can. */
export const claimResize: AdmissionPlugin = {
  name: 'PersistentVolumeClaimResize',
  resources: ['persistentvolumeclaims'],
  validate({ subresource, object, before, ctx }) {
    if (before === undefined || subresource !== undefined) return undefined;
    const [now, then] = [object, before] as unknown as [PersistentVolumeClaim, PersistentVolumeClaim];
    if (compareQuantities(sizeOf(now), sizeOf(then)) <= 0) return undefined;
    if (then.status?.phase !== 'Bound') return 'Only bound persistent volume claims can be expanded';
    if (isExpandable(now, ctx) && classOf(then) !== '') return undefined;
    return 'only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize';
  },
};

const sizeOf = ({ spec }: PersistentVolumeClaim): string => spec?.resources?.requests?.['storage'] ?? '0';

function classOf({ metadata, spec }: PersistentVolumeClaim): string {
  return metadata.annotations?.[CLASS_ANNOTATION] ?? spec?.storageClassName ?? '';
}

function isExpandable(claim: PersistentVolumeClaim, { state }: AdmissionContext): boolean {
  const name = classOf(claim);
  return name !== '' && state.get('storageclasses.storage.k8s.io', '', name)?.allowVolumeExpansion === true;
}
