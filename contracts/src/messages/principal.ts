/** The roles of the services of which clusters are made; each answers for its health. */
export const SERVICE_ROLES = [
  'journal',
  'api',
  'scheduler',
  'controller',
  'dns',
  'kubelet',
  'network',
  'proxy',
] as const;

/** What a process of the cluster (or a person beside it) is: each role has NATS credentials and permissions of its own. */
export const ROLES = [...SERVICE_ROLES, 'operator', 'user', 'bootstrap'] as const;
export type Role = (typeof ROLES)[number];

/** For whom a sender speaks: the three agents of a node speak for the node. */
export type PrincipalKind = Exclude<Role, 'kubelet' | 'network' | 'proxy'> | 'node';

/** Who a process is: `name` is the node's for its agents, else the instance's or the user's. */
export interface Identity {
  readonly role: Role;
  readonly name: string;
}

/** Who sent a message, as the NATS server vouches for it: both are tokens of the subject. */
export interface Principal {
  readonly kind: PrincipalKind;
  readonly name: string;
}

const AGENTS: readonly Role[] = ['kubelet', 'network', 'proxy'];

/** Whether a role is one of a node's agents. */
export function isAgent(role: Role): role is 'kubelet' | 'network' | 'proxy' {
  return AGENTS.includes(role);
}

export function principalOf({ role, name }: Identity): Principal {
  return { kind: isAgent(role) ? 'node' : role, name };
}

/** `node.minion-1`: how the log and people write a principal. */
export function principalName({ kind, name }: Principal): string {
  return `${kind}.${name}`;
}
