import type { AppliedEvent } from '@shiplog/cluster';
import type { JobCondition, ObjectOf } from '@shiplog/contracts';
import { conditionOf, controllerOf, CRON_SCHEDULED_AT } from '@shiplog/kube';
import type { EventLine } from './event-lines';
import { referenceTo, referenceToOwner } from './references';

type Job = ObjectOf<'jobs.batch'>;

const TOO_MANY = 'Too many succeeded pods running after completion count reached';

/** What a Job comes to is told of it, and what a CronJob does with its Jobs of the CronJob. */
export function jobLines(applied: AppliedEvent): EventLine[] {
  const { event, before, after } = applied;
  const job = (after ?? before ?? event.data.object) as Job | undefined;
  const { by } = event.data.reconciled ?? {};
  if (job === undefined) return [];
  if (by === 'job') return [...conditionLines(applied), ...seenCompleted(applied, job)];
  if (by !== 'cronjob') return [];
  if (event.fact === 'Created') return ofCronJob(applied, job, 'SuccessfulCreate', `Created job ${event.name}`);
  const isDeletion = event.fact === 'DeletionRequested' || event.fact === 'Deleted';
  return isDeletion ? ofCronJob(applied, job, 'SuccessfulDelete', `Deleted job ${event.name}`) : [];
}

/** How a Job comes to a condition, told once: when it does. */
function conditionLines(applied: AppliedEvent): EventLine[] {
  const about = referenceTo(applied.event, 'Job', 'batch/v1');
  const line = (type: EventLine['type'], reason: string, message: string): EventLine => ({
    type,
    reason,
    message,
    component: 'job-controller',
    about,
  });
  const failed = became(applied, 'Failed', 'True');
  return [
    ...(became(applied, 'Suspended', 'True') ? [line('Normal', 'Suspended', 'Job suspended')] : []),
    ...(became(applied, 'Suspended', 'False') ? [line('Normal', 'Resumed', 'Job resumed')] : []),
    ...(hasTooMany(applied) ? [line('Warning', 'TooManySucceededPods', TOO_MANY)] : []),
    ...(became(applied, 'Complete', 'True') ? [line('Normal', 'Completed', 'Job completed')] : []),
    ...(failed ? [line('Warning', failed.reason ?? '', failed.message ?? '')] : []),
  ];
}

/** A condition of the Job that has got a status with this event. */
function became({ before, after }: AppliedEvent, type: string, status: string): JobCondition | undefined {
  if (before === undefined || after === undefined) return undefined;
  const is = conditionOf(after as Job, type);
  return is?.status === status && conditionOf(before as Job, type)?.status !== status ? is : undefined;
}

function hasTooMany(applied: AppliedEvent): boolean {
  const { spec, status } = (applied.after ?? {}) as Partial<Job>;
  if (spec?.completions === undefined || became(applied, 'Complete', 'True') === undefined) return false;
  return (status?.succeeded ?? 0) > spec.completions;
}

/** A CronJob sees the end of those that it made itself. */
function seenCompleted(applied: AppliedEvent, job: Job): EventLine[] {
  const end = ['Complete', 'Failed'].find((type) => became(applied, type, 'True') !== undefined);
  if (end === undefined || job.metadata.annotations?.[CRON_SCHEDULED_AT] === undefined) return [];
  return ofCronJob(applied, job, 'SawCompletedJob', `Saw completed job: ${job.metadata.name}, condition: ${end}`);
}

function ofCronJob({ event }: AppliedEvent, job: Job, reason: string, message: string): EventLine[] {
  const owner = controllerOf(job);
  if (owner?.kind !== 'CronJob') return [];
  const about = referenceToOwner(event, owner);
  return [{ type: 'Normal', reason, message, component: 'cronjob-controller', about }];
}
