import type { CronJobStatus, ObjectReference } from '@shiplog/contracts';
import { CRON_SCHEDULED_AT, isConditionTrue, kubernetesTime, statusPatchOf } from '@shiplog/kube';
import { sameJson } from '@shiplog/apimachinery';
import type { PlannedCommand } from '../../runtime/domain/controller';
import { timeOf } from '../../domain/pods';
import { isJobFinished } from '../jobs/ending';
import type { StoredJob } from '../jobs/tally';
import type { StoredCronJob } from './timing';

/** What a CronJob's status should say of its Jobs: which run, when the last was made, when the last came to a good end. */
export function observedStatus(
  { status = {} }: StoredCronJob,
  jobs: readonly StoredJob[],
  nowMs: number,
): CronJobStatus {
  const running = new Map(jobs.filter((job) => !isJobFinished(job)).map((job) => [job.metadata.uid, job]));
  const known = (status.active ?? []).filter(({ uid }) => running.delete(uid ?? ''));
  const fresh = [...running.values()].filter((job) => scheduledAt(job) !== undefined).map(referenceTo);
  const active = [...known, ...fresh];
  const made = jobs.map((job) => scheduledAt(job) ?? 0).filter((at) => at <= nowMs);
  const succeeded = jobs.flatMap((job) => (isConditionTrue(job, 'Complete') ? timeOf(job.status?.completionTime) : []));
  return {
    active: active.length > 0 ? active : undefined,
    lastScheduleTime: latest(status.lastScheduleTime, made),
    lastSuccessfulTime: latest(status.lastSuccessfulTime, succeeded),
  };
}

/** The command that writes a status, when the stored one says something else. */
export function writeStatus(cronJob: StoredCronJob, wanted: CronJobStatus): PlannedCommand | undefined {
  const stored = cronJob.status ?? {};
  const changed = (Object.keys(wanted) as (keyof CronJobStatus)[]).filter(
    (field) => !sameJson(stored[field], wanted[field]),
  );
  if (changed.length === 0) return undefined;
  const status = Object.fromEntries(changed.map((field) => [field, wanted[field] ?? null]));
  return statusPatchOf('cronjobs.batch', cronJob, status, { patchType: 'merge' });
}

/** For which time its CronJob made a Job, in milliseconds; undefined of one that a user made. */
export function scheduledAt({ metadata: { annotations = {} } }: StoredJob): number | undefined {
  const at = timeOf(annotations[CRON_SCHEDULED_AT]);
  return at === 0 ? undefined : at;
}

function referenceTo({ metadata: { namespace, name, uid, resourceVersion } }: StoredJob): ObjectReference {
  return { apiVersion: 'batch/v1', kind: 'Job', namespace, name, uid, resourceVersion };
}

function latest(before: string | undefined, times: readonly number[]): string | undefined {
  const last = times.reduce((a, b) => Math.max(a, b), 0);
  return last > timeOf(before) ? kubernetesTime(last) : before;
}
