import { AUTHENTICATED, MASTERS, UNAUTHENTICATED, type Subject } from '@shiplog/contracts';
import { ACCOUNTS } from '../subjects';

const GROUP = 'rbac.authorization.k8s.io';

/** Whom every cluster binds to one of its ClusterRoles; the binding bears the role's name. */
export interface DefaultBinding {
  readonly role: string;
  readonly subjects: readonly Subject[];
}

const users = (name: string): Subject => ({ apiGroup: GROUP, kind: 'User', name });
const group = (name: string): Subject => ({ apiGroup: GROUP, kind: 'Group', name });

/** Nobody is bound to `system:node`: nodes have what concerns them, by rules of their own. */
export const DEFAULT_CLUSTER_ROLE_BINDINGS: readonly DefaultBinding[] = [
  { role: 'cluster-admin', subjects: [group(MASTERS)] },
  { role: 'system:monitoring', subjects: [group('system:monitoring')] },
  { role: 'system:discovery', subjects: [group(AUTHENTICATED)] },
  { role: 'system:basic-user', subjects: [group(AUTHENTICATED)] },
  { role: 'system:public-info-viewer', subjects: [group(AUTHENTICATED), group(UNAUTHENTICATED)] },
  { role: 'system:service-account-issuer-discovery', subjects: [group(ACCOUNTS)] },
  { role: 'system:kube-controller-manager', subjects: [users('system:kube-controller-manager')] },
  { role: 'system:kube-scheduler', subjects: [users('system:kube-scheduler')] },
  { role: 'system:volume-scheduler', subjects: [users('system:kube-scheduler')] },
  { role: 'system:kube-dns', subjects: [{ kind: 'ServiceAccount', name: 'kube-dns', namespace: 'kube-system' }] },
  { role: 'system:node-proxier', subjects: [users('system:kube-proxy')] },
];
