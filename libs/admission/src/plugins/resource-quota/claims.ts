import type { PersistentVolumeClaim } from '@shiplog/contracts';
import { VOLUME_ANNOTATIONS } from '@shiplog/kube';
import { amountOf, countOf, type Amount } from './amounts';
import type { Usage } from './usage';

const ONE = countOf(1);
const CLASS_ANNOTATION = VOLUME_ANNOTATIONS.storageClass;

/** What a claim uses: its place and its size, of all classes and of its own. */
export function claimUsage(claim: PersistentVolumeClaim): Usage {
  const { metadata, spec = {}, status = {} } = claim;
  const storageClass = metadata.annotations?.[CLASS_ANNOTATION] ?? spec.storageClassName ?? '';
  const amounts = new Map([
    ['count/persistentvolumeclaims', ONE],
    ['persistentvolumeclaims', ONE],
  ]);
  const size = sizeOf(claim);
  if (size !== undefined) amounts.set('requests.storage', size);
  if (storageClass !== '') {
    const prefix = `${storageClass}.storageclass.storage.k8s.io`;
    amounts.set(`${prefix}/persistentvolumeclaims`, ONE);
    if (size !== undefined) amounts.set(`${prefix}/requests.storage`, size);
  }
  const attributesClasses = [
    spec.volumeAttributesClassName,
    status.currentVolumeAttributesClassName,
    status.modifyVolumeStatus?.targetVolumeAttributesClassName,
  ].filter((name) => name !== undefined && name !== '') as string[];
  return { facets: { of: 'claims', attributesClasses: [...new Set(attributesClasses)].sort() }, amounts };
}

/** A claim that is being made smaller again still holds what it was given. */
function sizeOf({ spec, status }: PersistentVolumeClaim): Amount | undefined {
  const [asked, given] = [spec?.resources?.requests?.['storage'], status?.allocatedResources?.['storage']].map(
    (text) => (text === undefined ? undefined : amountOf(text)),
  );
  if (asked === undefined || given === undefined) return asked;
  return given.milli > asked.milli ? given : asked;
}
