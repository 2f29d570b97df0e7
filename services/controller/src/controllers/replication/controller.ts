import type { ReadonlyCluster } from '@shiplog/cluster';
import { localKey, splitKey, type ObjectOf } from '@shiplog/contracts';
import { controllerOf } from '@shiplog/kube';
import { matchesSelectorMap } from '@shiplog/apimachinery';
import {
  SETTLED,
  type ReconcileRequest,
  type ObjectChange,
  type Controller,
  type ReconcileResult,
} from '../../runtime/domain/controller';
import { decideReplication } from './decide';

/** Keeps as many pods of a template running as a ReplicationController asks for. Keys: its namespace/name. */
export const replicationController: Controller = {
  name: 'replication',
  watches: {
    replicationcontrollers: ({ before, after }) => keyOfRc(after ?? before),
    pods: keysOfPod,
  },
  allKeys: (state) => state.list('replicationcontrollers').flatMap((rc) => keyOfRc(rc)),
  reconcile,
};

function reconcile(key: string, { state, now, position, refused }: ReconcileRequest): ReconcileResult {
  const { namespace, name } = splitKey(key);
  const rc = state.get('replicationcontrollers', namespace, name);
  if (rc === undefined) return SETTLED;
  const failure = refused.find(({ command }) => command.type === 'CreateObject')?.status;
  const namespaceTerminating = state.get('namespaces', '', namespace)?.metadata.deletionTimestamp !== undefined;
  return decideReplication({
    rc,
    pods: state.list('pods', namespace),
    now,
    position,
    failure,
    namespaceTerminating,
  });
}

/** The owners before and after; for an orphan, every controller that would take it. */
function keysOfPod({ before, after }: ObjectChange<'pods'>, state: ReadonlyCluster): string[] {
  const keys = new Set<string>();
  const namespace = (after ?? before)?.metadata.namespace ?? '';
  for (const owner of [controllerOf(before), controllerOf(after)]) {
    if (owner?.kind === 'ReplicationController') keys.add(localKey(namespace, owner.name));
  }
  if (after !== undefined && controllerOf(after) === undefined) {
    for (const rc of state.list('replicationcontrollers', namespace)) {
      if (matchesSelectorMap(rc.spec?.selector, after.metadata.labels)) keys.add(localKey(namespace, rc.metadata.name));
    }
  }
  return [...keys];
}

function keyOfRc(rc: ObjectOf<'replicationcontrollers'> | undefined): string[] {
  return rc === undefined ? [] : [localKey(rc.metadata.namespace ?? '', rc.metadata.name)];
}
