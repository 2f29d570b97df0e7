import { aggregatedRules, CLUSTER_ROLES, hasRules } from '@shiplog/authorization';
import type { ReadonlyCluster } from '@shiplog/cluster';
import { SETTLED, type ReconcileResult } from '../../runtime/domain/controller';

/** What is to become of a ClusterRole: the rules of those that it is put together of, in the place of its own. */
export function decideClusterRole(state: ReadonlyCluster, name: string): ReconcileResult {
  const role = state.get(CLUSTER_ROLES, '', name);
  if (role === undefined || role.aggregationRule === undefined) return SETTLED;
  const rules = aggregatedRules(role, state.list(CLUSTER_ROLES));
  if (rules === undefined || hasRules(role, rules)) return SETTLED;
  const { uid, resourceVersion } = role.metadata;
  // Refused when the role has changed meanwhile, who wakes the key again.
  const patch = { metadata: { uid, resourceVersion }, rules };
  const data = { resource: CLUSTER_ROLES, namespace: '', name, patchType: 'merge', patch } as const;
  return { commands: [{ type: 'PatchObject', data }] };
}
