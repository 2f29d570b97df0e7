import { isMaster, type ResourceRequest } from '@shiplog/authorization';
import { userOf, type LogEvent, type ObjectKey, type Principal, type StoredObject } from '@shiplog/contracts';
import type { ClusterState } from '../state';
import { accessOf } from './node-access';
import { waysOf } from './wanted';

/**
 * Since when somebody may read what was, as a time like those of objects; undefined: since ever. Rights are today's, and a namespace
 * that was made again is another one: who may read nothing but that namespace reads nothing of the one before it.
 */
export function readableSince(state: ClusterState, request: ResourceRequest): string | undefined {
  const { user, namespace = '' } = request;
  if (namespace === '' || isMaster(user) || accessOf(state, { ...request, namespace: '' }).allowed) return undefined;
  return state.get('namespaces', '', namespace)?.metadata.creationTimestamp;
}

/** The same of who asks over NATS for what became of an object. */
export function principalReadsSince(
  state: ClusterState,
  { kind, name }: Principal,
  key: ObjectKey,
): string | undefined {
  if (kind !== 'user') return undefined;
  const [way] = waysOf(state, { user: userOf({ actor: name }), verb: 'get' }, key);
  return way === undefined ? undefined : readableSince(state, way);
}

/** Whether an object was made at a time or later; at any for undefined. */
export function isMadeSince({ metadata }: StoredObject, since: string | undefined): boolean {
  return since === undefined || (metadata.creationTimestamp ?? '') >= since;
}

const SECONDS = '2026-01-01T00:00:00'.length;

/** Whether something happened at a time, which is told in seconds, or later; at any for undefined. */
export function happenedSince({ time }: Pick<LogEvent, 'time'>, since: string | undefined): boolean {
  return since === undefined || time.slice(0, SECONDS) >= since.slice(0, SECONDS);
}
