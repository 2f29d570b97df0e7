import type { Command } from './commands';
import type { UserInfo } from './generated/kubernetes';
import type { Role } from './messages/principal';

const NODE_PREFIX = 'system:node:';

/** Who the commands of a node's kubelet and network agent come from: the user that Kubernetes' node authorizer knows. */
export function nodeActor(node: string): string {
  return `${NODE_PREFIX}${node}`;
}

/** The node that a name of a user is of; undefined for one that is no node's. */
export function nodeOfActor(actor: string): string | undefined {
  const node = actor.startsWith(NODE_PREFIX) ? actor.slice(NODE_PREFIX.length) : '';
  return node === '' ? undefined : node;
}

/** Who the commands of a service of the cluster come from. */
export function serviceActor(role: Role | 'projection'): string {
  return `system:shiplog:${role}`;
}

/** Every authenticated user's group, beside those that an authenticator gives. */
export const AUTHENTICATED = 'system:authenticated';

/** Who does not say who they are. */
export const ANONYMOUS = 'system:anonymous';

/** The group of those who did not say who they are. */
export const UNAUTHENTICATED = 'system:unauthenticated';

/** The group of a node's agents. */
export const NODES = 'system:nodes';

/** The group of those who may do everything, whatever the roles say, as in Kubernetes. */
export const MASTERS = 'system:masters';

/** The NATS user that the launcher makes for the one who runs the cluster: what the first token is to the API. */
export const ADMINISTRATOR = 'admin';

/** Who asks for a command, as Kubernetes tells it to admission and to its authorizers. */
export function userOf({ actor, user }: Pick<Command, 'actor' | 'user'>): UserInfo {
  const { groups = groupsByName(actor), ...details } = user ?? {};
  const isKnown = groups.includes(AUTHENTICATED) || groups.includes(UNAUTHENTICATED);
  return { username: actor, ...details, groups: isKnown ? groups : [...groups, AUTHENTICATED] };
}

/** Of those who come without an api, which says in which groups its users are. */
function groupsByName(actor: string): string[] {
  if (actor.startsWith(NODE_PREFIX)) return [NODES];
  return actor === ADMINISTRATOR ? [MASTERS] : [];
}

/** Whether a name is one of the cluster's own: no user may have it. */
export function isClusterActor(actor: string): boolean {
  return /^system:(node|shiplog):/.test(actor);
}
