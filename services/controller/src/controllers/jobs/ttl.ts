import { splitKey } from '@shiplog/contracts';
import { deletionOf, isConditionTrue } from '@shiplog/kube';
import { SETTLED, type Controller, type ReconcileRequest, type ReconcileResult } from '../../runtime/domain/controller';
import { keyOfItself, keysOfAll } from '../../domain/claims';
import { timeOf } from '../../domain/pods';
import type { StoredJob } from './tally';

/** Deletes Jobs that have been over for as long as they say, and before them what is theirs. Keys: a Job's namespace/name. */
export const jobTtlController: Controller = {
  name: 'ttl-after-finished',
  watches: { 'jobs.batch': keyOfItself },
  allKeys: keysOfAll('jobs.batch'),
  reconcile,
};

function reconcile(key: string, { state, now }: ReconcileRequest): ReconcileResult {
  const { namespace, name } = splitKey(key);
  const job = state.get('jobs.batch', namespace, name);
  const expiresAt = job === undefined ? undefined : expiryOf(job);
  if (job === undefined || expiresAt === undefined) return SETTLED;
  if (expiresAt > now.ms) return { commands: [], requeueAfterMs: expiresAt - now.ms };
  // Only as it was seen: it may have been given another time.
  return { commands: [deletionOf('jobs.batch', job, { propagationPolicy: 'Foreground', asSeen: true })] };
}

function expiryOf(job: StoredJob): number | undefined {
  const { ttlSecondsAfterFinished } = job.spec ?? {};
  if (ttlSecondsAfterFinished === undefined || job.metadata.deletionTimestamp !== undefined) return undefined;
  const end = ['Complete', 'Failed'].find((type) => isConditionTrue(job, type));
  const over = job.status?.conditions?.find(({ type }) => type === end);
  return over === undefined ? undefined : timeOf(over.lastTransitionTime) + ttlSecondsAfterFinished * 1_000;
}
