import { splitKey } from '@shiplog/contracts';
import { SETTLED, type Controller, type ReconcileRequest, type ReconcileResult } from '../../runtime/domain/controller';
import { candidatesOf, keyOfItself, keysOfAll, keysOfOwners } from '../../domain/claims';
import { refusedCreation } from '../../domain/pod-making';
import { decideJob, selects } from './decide';

/** Runs a Job's pods until as many have succeeded as it asks for. Keys: its namespace/name. */
export const jobController: Controller = {
  name: 'job',
  watches: { 'jobs.batch': keyOfItself, pods: keysOfOwners('Job', 'jobs.batch', selects) },
  allKeys: keysOfAll('jobs.batch'),
  reconcile,
};

function reconcile(key: string, { state, now, position, refused }: ReconcileRequest): ReconcileResult {
  const { namespace, name } = splitKey(key);
  const job = state.get('jobs.batch', namespace, name);
  if (job === undefined) return SETTLED;
  return decideJob({
    job,
    pods: candidatesOf(state, 'pods', job.metadata),
    now,
    position,
    failure: refusedCreation(refused),
    namespaceTerminating: state.get('namespaces', '', namespace)?.metadata.deletionTimestamp !== undefined,
  });
}
