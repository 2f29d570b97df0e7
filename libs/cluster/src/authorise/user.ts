import { denialOf, type ResourceRequest } from '@shiplog/authorization';
import {
  apiVersionOf,
  userOf,
  type AnyCommand,
  type KubeStatus,
  type ObjectKey,
  type UserInfo,
} from '@shiplog/contracts';
import type { ReadonlyCluster } from '../state';

/** What a command wants, each in one of several ways: an object that is served in two groups may be named by either. */
type Wanted = readonly ResourceRequest[];

/**
 * Why a user may not have a command decided, in Kubernetes' words, or undefined: by the roles and bindings of the very state
 * that it is decided on, so that no right outlives its end, whatever the door and however long a command waited.
 */
export function userRejection(state: ReadonlyCluster, command: AnyCommand): KubeStatus | undefined {
  const user = userOf(command);
  const rights = state.rights();
  for (const ways of wantedBy(state, command, user)) {
    const [first] = ways;
    if (first === undefined || ways.some((way) => rights.access(way).allowed)) continue;
    return denialOf(first, rights.access(first).reason);
  }
  return undefined;
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
    case 'MarkPodsUnschedulable':
    case 'ReportPods':
      return;
  }
}

type Named = ObjectKey & { readonly apiVersion?: string; readonly subresource?: string };

function isMissing(state: ReadonlyCluster, { resource, namespace, name }: ObjectKey): boolean {
  return state.get(resource, namespace, name) === undefined;
}

function makes(state: ReadonlyCluster, key: Named): boolean {
  return (
    (key.subresource ?? '') === '' && state.catalog.get(key.resource)?.createOnUpdate === true && isMissing(state, key)
  );
}

function waysOf(
  { catalog }: ReadonlyCluster,
  asked: Pick<ResourceRequest, 'user' | 'verb'>,
  { resource, namespace, name, subresource, apiVersion }: Named,
): Wanted {
  const row = catalog.get(resource);
  const dot = resource.indexOf('.');
  const plural = row?.plural ?? (dot < 0 ? resource : resource.slice(0, dot));
  const own = row?.group ?? (dot < 0 ? '' : resource.slice(dot + 1));
  const served = row?.versions.map((version) => groupOf(apiVersionOf(version))) ?? [];
  const groups = apiVersion === undefined ? new Set([own, ...served]) : [groupOf(apiVersion)];
  // A namespace is in itself, as in Kubernetes: who has rights there may have some to it.
  const within = resource === 'namespaces' ? name : namespace;
  return [...groups].map((group) => ({ ...asked, group, resource: plural, subresource, namespace: within, name }));
}

function groupOf(apiVersion: string): string {
  const slash = apiVersion.indexOf('/');
  return slash < 0 ? '' : apiVersion.slice(0, slash);
}
