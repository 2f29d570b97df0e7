import { splitKey } from '@shiplog/contracts';
import type { ReadonlyCluster } from '@shiplog/cluster';
import { controllerOf, type StoredPod } from '@shiplog/kube';
import { SETTLED, type Controller, type ReconcileRequest, type ReconcileResult } from '../../runtime/domain/controller';
import { candidatesOf, keyOfItself, keysOfAll, keysOfOwners } from '../claims';
import { refusedCreation } from '../pod-making';
import { decideReplicas } from './decide';
import type { ReplicaKind, ReplicaResource, Replicas } from './kind';

/** Keeps as many pods of a template running as each object of a kind asks for. Keys: the object's namespace/name. */
export function controllerOfReplicas<R extends ReplicaResource>(name: string, kind: ReplicaKind<R>): Controller {
  const { resource } = kind;
  return {
    name,
    watches: {
      [resource]: keyOfItself,
      pods: keysOfOwners(kind.kind, resource, (owner, labels) => kind.matches(owner, labels)),
    },
    allKeys: keysOfAll(resource),
    reconcile: (key, request) => reconcile(kind, key, request),
  };
}

function reconcile<R extends ReplicaResource>(
  kind: ReplicaKind<R>,
  key: string,
  { state, now, position, refused }: ReconcileRequest,
): ReconcileResult {
  const { namespace, name } = splitKey(key);
  const owner = state.get(kind.resource, namespace, name);
  if (owner === undefined) return SETTLED;
  return decideReplicas({
    kind,
    owner,
    pods: candidatesOf(state, 'pods', owner.metadata),
    podsBeside: () => podsBeside(state, kind.resource, owner),
    now,
    position,
    failure: refusedCreation(refused),
    namespaceTerminating: state.get('namespaces', '', namespace)?.metadata.deletionTimestamp !== undefined,
  });
}

function podsBeside<R extends ReplicaResource>(state: ReadonlyCluster, resource: R, owner: Replicas<R>): StoredPod[] {
  const above = controllerOf(owner);
  if (above === undefined) return [];
  return state
    .controlledBy(resource, above.uid)
    .filter(({ metadata }) => metadata.uid !== owner.metadata.uid)
    .flatMap(({ metadata }) => state.controlledBy('pods', metadata.uid));
}
