import type { Request, ResourceRequest as AccessRequest } from '@shiplog/authorization';
import { readableSince, type ClusterState } from '@shiplog/cluster';
import type { UserInfo } from '@shiplog/contracts';
import { param, type Query } from './options';
import type { ResourceRequest, User } from './request';
import type { ResourceTarget, Verb } from './request-info';

/** What Kubernetes' authorizers and admission call a user. */
export function infoOf({ name, uid, groups, extra }: User): UserInfo {
  return {
    username: name,
    ...(uid === '' ? {} : { uid }),
    groups: [...groups],
    ...(extra === undefined ? {} : { extra: extra as UserInfo['extra'] }),
  };
}

/** What a request to a resource wants, as Kubernetes' RequestInfo has it. */
export function resourceAccess(user: UserInfo, verb: Verb, target: ResourceTarget, query: Query): AccessRequest {
  const { resource, subresource, namespace, name } = target;
  const fields = fieldsSelected(query);
  return {
    user,
    verb,
    group: resource.group,
    resource: resource.plural,
    subresource: subresource?.name ?? '',
    namespace: namespaceOf(resource, namespace, name),
    name: name ?? fields?.get(NAME) ?? '',
    fields,
  };
}

/** Since when a request may read what was; undefined: since ever. */
export function pastReadableSince(state: ClusterState, { user, verb, target, query }: ResourceRequest) {
  return readableSince(state, resourceAccess(infoOf(user), verb, target, query));
}

/** A namespace is in itself: who has rights there may be let see it. */
function namespaceOf(
  { group, plural }: { readonly group: string; readonly plural: string },
  namespace: string,
  name = '',
): string {
  return group === '' && plural === 'namespaces' ? name : namespace;
}

/** A list of one object by its name needs the right to that object only. */
const NAME = 'metadata.name';
/** The term of a selector that is for one value, which has no escapes. */
const ONE_VALUE = /^([^=!\\]+)==?([^=!\\]+)$/;

/** What a field selector wants fields to be; undefined without one. What can't be read is refused later. */
function fieldsSelected(query: Query): ReadonlyMap<string, string> | undefined {
  const text = param(query, 'fieldSelector') ?? '';
  if (text === '') return undefined;
  return new Map(
    text.split(',').flatMap((term): [string, string][] => {
      const [, field = '', value = ''] = ONE_VALUE.exec(term) ?? [];
      return field === '' ? [] : [[field, value]];
    }),
  );
}

/** A path that is not properly encoded leads nowhere: as it is. */
function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

const VERBS: Readonly<Record<string, readonly [ofOne: string, ofAll: string] | undefined>> = {
  GET: ['get', 'list'],
  HEAD: ['get', 'list'],
  POST: ['create', 'create'],
  PUT: ['update', 'update'],
  PATCH: ['patch', 'patch'],
  DELETE: ['delete', 'deletecollection'],
};

/**
 * What a request wants that leads to no resource of this server: to another server's, by the form of its path, else to the
 * path itself.
 */
export function pathAccess(user: UserInfo, method: string, path: string, query: Query): Request {
  const parts = decoded(path)
    .split('/')
    .filter((part) => part !== '');
  const isCore = parts[0] === 'api';
  const [group = '', , ...rest] = isCore ? ['', ...parts.slice(1)] : parts.slice(1);
  if ((!isCore && parts[0] !== 'apis') || rest.length === 0) return { user, verb: method.toLowerCase(), path };
  const isInNamespace = rest[0] === 'namespaces' && rest.length > 2;
  const namespace = isInNamespace ? rest[1] : '';
  const [resource = '', name = '', subresource = ''] = isInNamespace ? rest.slice(2) : rest;
  const isWatched = name === '' && param(query, 'watch') !== undefined && param(query, 'watch') !== 'false';
  const [ofOne, ofAll] = VERBS[method] ?? ['', ''];
  const verb = name !== '' ? ofOne : isWatched && method === 'GET' ? 'watch' : ofAll;
  return {
    user,
    verb,
    group,
    resource,
    subresource,
    namespace,
    name: name === '' ? (fieldsSelected(query)?.get(NAME) ?? '') : name,
  };
}
