import type { AdmissionPlugin } from './plugin';

/** Namespaces that the cluster can't do without. */
const IMMORTAL: readonly string[] = ['default', 'kube-system', 'kube-public', 'kube-node-lease'];

/**
 * Keeps the cluster's own namespaces. That nothing is made in one that is missing (404) or on its way out is checked before
 * all else: see `checkNamespace`.
 */
export const namespaceLifecycle: AdmissionPlugin = {
  name: 'NamespaceLifecycle',
  resources: ['namespaces'],
  validateDelete: (_resource, name) => (IMMORTAL.includes(name) ? 'this namespace may not be deleted' : undefined),
};
