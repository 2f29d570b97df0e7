import { localKey, splitKey } from '@shiplog/contracts';
import { controllerOf, type StoredPod } from '@shiplog/kube';
import { SETTLED, type Controller } from '../../runtime/domain/controller';
import { decideEphemeralVolumes } from './decide';

/** Makes the claims of volumes that are a pod's own. Keys: the pod's namespace/name. */
export const ephemeralVolumeController: Controller = {
  name: 'ephemeral-volumes',
  watches: {
    pods: ({ before, after }) => (after === undefined || before?.spec === after.spec ? [] : keyOf(after)),
    persistentvolumeclaims: ({ before, after }) => {
      const owner = after === undefined ? controllerOf(before) : undefined;
      return owner?.kind === 'Pod' ? [localKey(before?.metadata.namespace ?? '', owner.name)] : [];
    },
  },
  *allKeys(state) {
    for (const pod of state.list('pods')) yield* keyOf(pod);
  },
  reconcile(key, { state }) {
    const { namespace, name } = splitKey(key);
    const pod = state.get('pods', namespace, name);
    return pod === undefined ? SETTLED : decideEphemeralVolumes(pod, state);
  },
};

function keyOf({ metadata: { namespace = '', name }, spec }: StoredPod): string[] {
  const isConcerned = spec?.volumes?.some(({ ephemeral }) => ephemeral !== undefined) === true;
  return isConcerned ? [localKey(namespace, name)] : [];
}
