import type { ObjectOf } from '@shiplog/contracts';
import { scaledValue } from '../../domain/int-or-percent';

export type Deployment = ObjectOf<'deployments.apps'>;

/** How many pods a Deployment wants. */
export function wantedReplicas({ spec }: Deployment): number {
  return spec?.replicas ?? 1;
}

/** Whether pods of the old template and the new may run beside each other. */
export function isRolling({ spec }: Deployment): boolean {
  return spec?.strategy?.type !== 'Recreate';
}

/** How many pods there may be beyond those wanted. */
export function maxSurge(deployment: Deployment): number {
  return isRolling(deployment) ? fenceposts(deployment).surge : 0;
}

/** How many of the pods wanted may be missing or not available. */
export function maxUnavailable(deployment: Deployment): number {
  if (!isRolling(deployment)) return 0;
  return Math.min(fenceposts(deployment).unavailable, wantedReplicas(deployment));
}

/** Kubernetes' ResolveFenceposts: with neither nothing would move, so one pod may be missing where small parts come to none. */
function fenceposts(deployment: Deployment): { surge: number; unavailable: number } {
  const wanted = wantedReplicas(deployment);
  const { maxSurge: most = '25%', maxUnavailable: missing = '25%' } = deployment.spec?.strategy?.rollingUpdate ?? {};
  const surge = scaledValue(most, wanted, 'up') ?? 0;
  const unavailable = scaledValue(missing, wanted, 'down') ?? 0;
  return surge === 0 && unavailable === 0 ? { surge, unavailable: 1 } : { surge, unavailable };
}
