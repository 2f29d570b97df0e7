import { CLUSTER_ROLES } from '@shiplog/authorization';
import type { ReadonlyCluster } from '@shiplog/cluster';
import type { Controller } from '../../runtime/domain/controller';
import { decideClusterRole } from './decide';

/** Keeps the ClusterRoles that are put together of others as these are: Kubernetes' cluster role aggregation. */
export const clusterRoleController: Controller = {
  name: 'cluster-roles',
  // Whichever changes may be, or have been, a part of any other: there are few that are put together.
  watches: { [CLUSTER_ROLES]: (_change, state) => aggregated(state) },
  allKeys: (state) => aggregated(state),
  reconcile: (key, { state }) => Promise.resolve(decideClusterRole(state, key)),
};

function aggregated(state: ReadonlyCluster): string[] {
  return state
    .list(CLUSTER_ROLES)
    .filter(({ aggregationRule }) => aggregationRule !== undefined)
    .map(({ metadata }) => metadata.name);
}
