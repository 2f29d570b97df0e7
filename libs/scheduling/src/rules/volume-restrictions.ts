import type { Filter, Refusal } from '../rule';
import { NO_VOLUMES } from '../volumes/volumes';

const REFUSAL: Refusal = [
  'node has pod using PersistentVolumeClaim with the same name and ReadWriteOncePod access mode',
];

/** A claim with the access mode ReadWriteOncePod is one pod's at a time, wherever that is (VolumeRestrictions). */
export const volumeRestrictions: Filter = {
  kind: 'filter',
  name: 'VolumeRestrictions',
  queueingHints: ['VolumesChanged'],
  check({ pod, claims }, volumes = NO_VOLUMES) {
    const { namespace = '' } = pod.metadata;
    const isTaken = claims.some((name) => {
      const modes = volumes.claim(namespace, name)?.spec?.accessModes ?? [];
      return modes.includes('ReadWriteOncePod') && volumes.isUsed(namespace, name);
    });
    return isTaken ? () => REFUSAL : undefined;
  },
};
