import type { ReadonlyCluster } from '@shiplog/cluster';
import { splitKey, type ObjectOf } from '@shiplog/contracts';
import { controllerOf, isConditionTrue, type StoredPod } from '@shiplog/kube';
import { isTracked } from '../../../../services/controller/src/controllers/jobs/job-pods';
import type { PlannedCommand } from '../../../../services/controller/src/runtime/domain/controller';
import { Violation } from './violation';
import { activePodsOf, isPodCreation, type WorkloadRule } from './workload';

type Job = ObjectOf<'jobs.batch'>;

const COUNTED_ONCE = "each end of a Job's pods is counted once";

/** Of Jobs whose ended pods nobody takes away: what has ended is told, each once, and no more run than are left to succeed. */
export const JOBS: WorkloadRule = {
  checkAtRest(state) {
    for (const job of state.list('jobs.batch')) checkAtRest(job, state);
    const held = state.list('pods').find(isTracked);
    if (held !== undefined) throw new Violation(COUNTED_ONCE, `${held.metadata.name} is still held`);
  },
  excessOf(key, state, plan) {
    const { namespace, name } = splitKey(key);
    const job = state.get('jobs.batch', namespace, name);
    return job === undefined ? 'it is not there' : excessOf(job, state, plan);
  },
};

function checkAtRest(job: Job, state: ReadonlyCluster): void {
  const { metadata, spec, status = {} } = job;
  const fail = (invariant: string, detail: string): never => {
    throw new Violation(invariant, `${metadata.name} ${detail}`);
  };
  const [isComplete, isFailed] = [isConditionTrue(job, 'Complete'), isConditionTrue(job, 'Failed')];
  if (isComplete && isFailed) return fail('a Job comes to one end', 'is complete and failed');
  if (metadata.deletionTimestamp !== undefined || (!isComplete && !isFailed && spec?.suspend !== true))
    return fail('a Job comes to one end', 'is still there, and has not ended');
  const succeeded = succeededOf(job, state);
  const counted = status.succeeded ?? 0;
  if (counted !== succeeded) return fail(COUNTED_ONCE, `tells of ${counted} successes, and has ${succeeded}`);
  if (isComplete && counted !== spec?.completions)
    return fail(COUNTED_ONCE, `is complete with ${counted} successes of ${spec?.completions}`);
  const uncounted = Object.values(status.uncountedTerminatedPods ?? {}).flat();
  if (uncounted.length > 0) return fail(COUNTED_ONCE, `has yet to count ${uncounted.join()}`);
  if ((status.active ?? 0) !== 0) return fail('a Job comes to one end', `tells of ${status.active} active pods`);
}

function excessOf(job: Job, state: ReadonlyCluster, plan: readonly PlannedCommand[]): string | undefined {
  const made = plan.filter(isPodCreation).length;
  if (made === 0) return undefined;
  const { parallelism = 1, completions = Infinity, suspend = false } = job.spec ?? {};
  const active = activePodsOf(state, job.metadata.uid).length;
  const most = suspend ? 0 : Math.min(parallelism, completions - succeededOf(job, state));
  return active + made > most ? `makes ${made} pods beside ${active}, of ${most} that there may be` : undefined;
}

/** By the pods themselves, and not by what is told of them. */
function succeededOf(job: Job, state: ReadonlyCluster): number {
  const isOwn = (pod: StoredPod): boolean => controllerOf(pod)?.uid === job.metadata.uid;
  const pods = state.list('pods', job.metadata.namespace).filter(isOwn);
  return pods.filter(({ status }) => status?.phase === 'Succeeded').length;
}
