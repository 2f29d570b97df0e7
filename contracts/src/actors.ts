import type { Role } from './messages/principal';

/** Who the commands of a node's kubelet and network agent come from: the user that Kubernetes' node authorizer knows. */
export function nodeActor(node: string): string {
  return `system:node:${node}`;
}

/** Who the commands of a service of the cluster come from. */
export function serviceActor(role: Role | 'projection'): string {
  return `system:shiplog:${role}`;
}

/** Whether a name is one of the cluster's own: no user may have it. */
export function isClusterActor(actor: string): boolean {
  return /^system:(node|shiplog):/.test(actor);
}
