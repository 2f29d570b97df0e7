import { splitKey } from '@shiplog/contracts';
import { SETTLED, type Controller, type ReconcileRequest, type ReconcileResult } from '../../runtime/domain/controller';
import { keyOfItself, keysOfAll, keysOfOwners } from '../../domain/claims';
import { refusedCreation } from '../../domain/pod-making';
import { decideCronJob } from './decide';

/** Makes a Job whenever a CronJob's schedule says so, and forgets the oldest. Keys: its namespace/name. */
export const cronJobController: Controller = {
  name: 'cronjob',
  watches: {
    'cronjobs.batch': keyOfItself,
    // None is taken that has no owner.
    'jobs.batch': keysOfOwners('CronJob', 'cronjobs.batch', () => false),
  },
  allKeys: keysOfAll('cronjobs.batch'),
  reconcile,
};

function reconcile(key: string, { state, now, refused }: ReconcileRequest): ReconcileResult {
  const { namespace, name } = splitKey(key);
  const cronJob = state.get('cronjobs.batch', namespace, name);
  if (cronJob === undefined) return SETTLED;
  return decideCronJob({
    cronJob,
    jobs: state.controlledBy('jobs.batch', cronJob.metadata.uid),
    now,
    failure: refusedCreation(refused, 'jobs.batch'),
    isTaken: (job) => state.get('jobs.batch', namespace, job) !== undefined,
  });
}
