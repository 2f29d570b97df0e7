import { deletionOf } from '@shiplog/kube';
import type { PlannedCommand } from '../../runtime/domain/controller';
import { revisionOf } from './annotations';
import type { Deployment } from './budget';
import type { SetPlan } from './set-plan';

/** Kubernetes takes the largest number for no limit. */
const NO_LIMIT = 2 ** 31 - 1;

/** Ends what old sets are beyond the limit, those of the lowest revisions: of them those that have no pods, and whose status is up to date. */
export function forgetOld(old: readonly SetPlan[], { spec }: Deployment): PlannedCommand[] {
  const limit = spec?.revisionHistoryLimit;
  if (limit === undefined || limit === NO_LIMIT) return [];
  const kept = old.filter(({ isGoing }) => !isGoing).sort(byRevision);
  return kept
    .slice(0, Math.max(0, kept.length - limit))
    .filter(isUnused)
    .map(({ set }) => deletionOf('replicasets.apps', set, { asSeen: true }));
}

function isUnused({ set: { spec, status, metadata }, replicas }: SetPlan): boolean {
  const isSeen = (status?.observedGeneration ?? 0) >= (metadata.generation ?? 0);
  return replicas === 0 && spec?.replicas === 0 && (status?.replicas ?? 0) === 0 && isSeen;
}

/** Of equal ones the older first, as they are given. */
function byRevision(a: SetPlan, b: SetPlan): number {
  const [x, y] = [revisionOf(a.annotations) ?? 0n, revisionOf(b.annotations) ?? 0n];
  return x === y ? 0 : x < y ? -1 : 1;
}
