import type { ReadonlyCluster } from '@shiplog/cluster';
import { localKey, splitKey } from '@shiplog/contracts';
import { claimNamesOf } from '@shiplog/kube';
import { SETTLED, type Controller, type ObjectChange, type ReconcileResult } from '../../runtime/domain/controller';
import { protectClaim, protectVolume } from './decide';

const CLAIM = 'claim/';
const VOLUME = 'volume/';

/** Keeps claims and volumes as long as something uses them. Keys: `claim/namespace/name` and `volume/name`. */
export const volumeProtectionController: Controller = {
  name: 'volume-protection',
  watches: {
    persistentvolumeclaims: ({ after }) => (after === undefined ? [] : [claimKey(after.metadata)]),
    persistentvolumes: ({ after }) => (after === undefined ? [] : [`${VOLUME}${after.metadata.name}`]),
    pods: keysOfPod,
  },
  *allKeys(state) {
    for (const { metadata } of state.list('persistentvolumeclaims')) yield claimKey(metadata);
    for (const { metadata } of state.list('persistentvolumes')) yield `${VOLUME}${metadata.name}`;
  },
  reconcile: (key, { state }) => reconcile(key, state),
};

function reconcile(key: string, state: ReadonlyCluster): ReconcileResult {
  if (key.startsWith(VOLUME)) {
    const volume = state.get('persistentvolumes', '', key.slice(VOLUME.length));
    return volume === undefined ? SETTLED : { commands: protectVolume(volume) };
  }
  const { namespace, name } = splitKey(key.slice(CLAIM.length));
  const claim = state.get('persistentvolumeclaims', namespace, name);
  return claim === undefined ? SETTLED : { commands: protectClaim(claim, () => state.list('pods', namespace)) };
}

/** Of a pod that is gone, or is another by now: the claims that wait for it. */
function keysOfPod({ before, after }: ObjectChange<'pods'>, state: ReadonlyCluster): string[] {
  if (before?.spec?.volumes === undefined) return [];
  if (after?.metadata.uid === before.metadata.uid && after.spec?.nodeName === before.spec.nodeName) return [];
  const { namespace = '' } = before.metadata;
  return claimNamesOf(before).flatMap((name) => {
    const claim = state.get('persistentvolumeclaims', namespace, name);
    return claim?.metadata.deletionTimestamp === undefined ? [] : [claimKey(claim.metadata)];
  });
}

function claimKey({ namespace = '', name }: { namespace?: string; name: string }): string {
  return `${CLAIM}${localKey(namespace, name)}`;
}
