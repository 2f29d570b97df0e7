import {
  channelName,
  channelsOf,
  hearsEverything,
  principalName,
  principalOf,
  QUERIES,
  ROLES,
  type Channel,
  type KubeStatus,
  type ObjectOf,
  type PayloadOf,
  type Principal,
  type QUERIES as Declared,
  type QueryMessage,
  type Role,
} from '@shiplog/contracts';
import { referencesOf } from '@shiplog/admission';
import { statusOf } from '@shiplog/apimachinery';
import type { ReadonlyCluster } from '../state';
import { mountsVolume } from './node-access';
import { userQueryRejection } from './user-queries';

type AnyQuery = (typeof Declared)[number];
/** A question with its declaration, discriminated by name. */
export type Asked = {
  [Q in AnyQuery as Q['name']]: { readonly name: Q['name']; readonly payload: PayloadOf<Q> };
}[AnyQuery['name']];

/** Kinds of principals that may ask anything that they may ask at all: an api asks for its users, users have rights of their own. */
const UNRESTRICTED = new Set(['api', 'user']);

/**
 * Whether a principal may have a question answered; undefined: it may. What a process may hear on the bus it may also
 * ask for; a node is told of the objects that its own pods are made with, as by Kubernetes' node authorizer.
 */
export function authoriseQuery(state: ReadonlyCluster, principal: Principal, asked: Asked): KubeStatus | undefined {
  const reason = rejectionOf(state, principal, asked);
  if (reason === undefined && principal.kind === 'user') return userQueryRejection(state, principal.name, asked);
  return reason === undefined ? undefined : statusOf.forbidden('pods', '', `${principalName(principal)}: ${reason}`);
}

function rejectionOf(state: ReadonlyCluster, principal: Principal, asked: Asked): string | undefined {
  const roles = ROLES.filter((role) => principalOf({ role, name: '' }).kind === principal.kind);
  const { from }: QueryMessage = QUERIES.find(({ name }) => name === asked.name) as AnyQuery;
  if (!roles.some((role) => from.includes(role))) return `it may not ask for ${asked.name}`;
  if (UNRESTRICTED.has(principal.kind) || principal.kind === 'operator') return undefined;
  switch (asked.name) {
    case 'state':
      if (asked.payload.at !== undefined && principal.kind === 'node') return 'it may not ask for the past';
      return channelRejection(roles, principal, asked.payload.channels);
    case 'events':
      return channelRejection(roles, principal, asked.payload.channels);
    case 'position':
      return channelRejection(roles, principal, asked.payload.channels ?? []);
    case 'object':
      return principal.kind === 'node' ? referenceRejection(state, principal.name, asked.payload) : undefined;
    default:
      return undefined;
  }
}

/** What pods are made with: their nodes get it object by object. */
const REFERENCES = new Set(['configmaps', 'secrets', 'persistentvolumeclaims', 'persistentvolumes']);
type ObjectKey = Extract<Asked, { name: 'object' }>['payload']['key'];

function channelRejection(
  roles: readonly Role[],
  principal: Principal,
  channels: readonly Channel[] | undefined,
): string | undefined {
  if (roles.some(hearsEverything)) return undefined;
  if (channels === undefined) return 'it may not read everything';
  const own = new Set(roles.flatMap((role) => channelsOf(role, principal.name).map(channelName)));
  // Who may hear all of a resource may hear a node's part of it.
  const other = channels.find((channel) => !own.has(channelName(channel)) && !own.has(channel.resource));
  return other === undefined ? undefined : `it may not read ${channelName(other)}`;
}

function referenceRejection(
  state: ReadonlyCluster,
  node: string,
  { key, at, for: ref }: Extract<Asked, { name: 'object' }>['payload'],
): string | undefined {
  const { resource, namespace, name } = key;
  if (at !== undefined) return 'it may not ask for the past';
  if (!REFERENCES.has(resource)) return `it may not ask for ${resource}`;
  if (ref === undefined) return 'it must say which of its pods names the object';
  const pod = state.get('pods', ref.namespace, ref.name);
  const isOwn = pod !== undefined && pod.metadata.uid === ref.uid && pod.spec?.nodeName === node;
  const where = namespace === '' ? name : `${namespace}/${name}`;
  return isOwn && isNamed(state, pod, key) ? undefined : `no pod of it names ${resource} ${where}`;
}

/** A volume of the cluster is named by way of the claim that is bound to it. */
function isNamed(state: ReadonlyCluster, pod: ObjectOf<'pods'>, { resource, namespace, name }: ObjectKey): boolean {
  if (resource === 'persistentvolumes') return namespace === '' && mountsVolume(state, pod, name);
  return pod.metadata.namespace === namespace && referencesOf(pod).has(`${resource}/${name}`);
}
