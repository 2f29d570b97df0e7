import { isMaster } from '@shiplog/authorization';
import { userOf, type AnyCommand, type KubeStatus, type ObjectKey, type UserInfo } from '@shiplog/contracts';
import type { ReadonlyCluster } from '../state';
import { firstDenial, waysOf, type Named, type Wanted } from './wanted';

/**
 * Why a user may not have a command decided, in Kubernetes' words, or undefined: by the roles and bindings of the very state
 * that it is decided on, so that no right outlives its end, whatever the door and however long a command waited.
 */
export function userRejection(state: ReadonlyCluster, command: AnyCommand): KubeStatus | undefined {
  const user = userOf(command);
  // Of those who may do everything nothing needs to be asked.
  return isMaster(user) ? undefined : firstDenial(state, wantedBy(state, command, user));
}

function* wantedBy(state: ReadonlyCluster, command: AnyCommand, user: UserInfo): Iterable<Wanted> {
  const wanted = (verb: string, key: Named): Wanted => waysOf(state, { user, verb }, key);
  const pods = (verb: string, data: Omit<ObjectKey, 'resource'>, ...subresources: string[]): Wanted =>
    subresources.flatMap((subresource) => wanted(verb, { ...data, resource: 'pods', subresource }));
  switch (command.type) {
    case 'CreateObject':
      yield wanted('create', { ...command.data, name: '' });
      return;
    case 'ReplaceObject':
      if (makes(state, command.data)) yield wanted('create', { ...command.data, name: '' });
      yield wanted('update', command.data);
      return;
    case 'PatchObject':
      if (command.data.patchType === 'apply' && isMissing(state, command.data)) {
        yield wanted('create', { ...command.data, name: '' });
      }
      yield wanted('patch', command.data);
      return;
    case 'DeleteObject':
      yield wanted('delete', command.data);
      return;
    case 'DeleteCollection':
      yield wanted('deletecollection', { ...command.data, name: '' });
      return;
    case 'EvictPod':
      yield pods('create', command.data, 'eviction');
      return;
    case 'BindPods':
      for (const binding of command.data.bindings) {
        yield [
          ...pods('create', binding, 'binding'),
          ...wanted('create', { ...binding, resource: 'bindings', name: '' }),
        ];
      }
      return;
    // Nobody but the cluster's own parts sends these.
    case 'PreemptPods':
    case 'MarkPodsUnschedulable':
    case 'ReportPods':
      return;
  }
}

function isMissing(state: ReadonlyCluster, { resource, namespace, name }: ObjectKey): boolean {
  return state.get(resource, namespace, name) === undefined;
}

function makes(state: ReadonlyCluster, key: Named): boolean {
  return (
    (key.subresource ?? '') === '' && state.catalog.get(key.resource)?.createOnUpdate === true && isMissing(state, key)
  );
}
