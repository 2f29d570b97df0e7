import { splitKey } from '@shiplog/contracts';
import { matchesSelectorMap } from '@shiplog/apimachinery';
import { SETTLED, type ReconcileRequest, type Controller, type ReconcileResult } from '../../runtime/domain/controller';
import { candidatesOf, keyOfItself, keysOfAll, keysOfOwners } from '../../domain/claims';
import { refusedCreation } from '../../domain/pod-making';
import { decideReplication } from '../../domain/replicas/decide';

/** Keeps as many pods of a template running as a ReplicationController asks for. Keys: its namespace/name. */
export const replicationController: Controller = {
  name: 'replication',
  watches: {
    replicationcontrollers: keyOfItself,
    pods: keysOfOwners('ReplicationController', 'replicationcontrollers', (rc, labels) =>
      matchesSelectorMap(rc.spec?.selector, labels),
    ),
  },
  allKeys: keysOfAll('replicationcontrollers'),
  reconcile,
};

function reconcile(key: string, { state, now, position, refused }: ReconcileRequest): ReconcileResult {
  const { namespace, name } = splitKey(key);
  const rc = state.get('replicationcontrollers', namespace, name);
  if (rc === undefined) return SETTLED;
  const namespaceTerminating = state.get('namespaces', '', namespace)?.metadata.deletionTimestamp !== undefined;
  return decideReplication({
    rc,
    pods: candidatesOf(state, 'pods', rc.metadata),
    now,
    position,
    failure: refusedCreation(refused),
    namespaceTerminating,
  });
}
