import { NO_CLUSTER } from '../facts/cluster-facts';
import type { Filter, Refusal } from '../rule';

const REFUSAL: Refusal = [
  'node has pod using PersistentVolumeClaim with the same name and ReadWriteOncePod access mode',
];

/** A claim with the access mode ReadWriteOncePod is one pod's at a time, wherever that is (VolumeRestrictions). */
export const volumeRestrictions: Filter = {
  kind: 'filter',
  name: 'VolumeRestrictions',
  scope: 'cluster',
  isMonotone: true,
  queueingHints: ['VolumesChanged'],
  check({ pod, claims }, { volumes } = NO_CLUSTER) {
    const { namespace = '' } = pod.metadata;
    const isTaken = claims.some((name) => {
      const modes = volumes.claim(namespace, name)?.spec?.accessModes ?? [];
      return modes.includes('ReadWriteOncePod') && volumes.isUsed(namespace, name);
    });
    return isTaken ? () => REFUSAL : undefined;
  },
};
