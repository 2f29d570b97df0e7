import type { CronJob, Job } from '@shiplog/contracts';
import { formatSelector } from '@shiplog/apimachinery';
import { isConditionTrue } from '@shiplog/kube';
import { ageOf } from '../duration';
import { CONTAINERS, containerCells, SELECTOR } from './apps';
import { AGE, count, NAME, NONE, text, type Printer } from './column';

/** Conditions of a Job in one word: the first that is true. One that is being deleted comes after those that ended. */
const ENDED = ['Complete', 'Failed'];
const UNDER_WAY = ['Suspended', 'FailureTarget', 'SuccessCriteriaMet'];

export const jobPrinter: Printer<Job> = {
  columns: [
    NAME,
    text('Status', 'One word on how the job is.'),
    text('Completions', 'Pods that succeeded, of all that are to.'),
    text('Duration', 'How long it took, or has taken so far.'),
    AGE,
    ...CONTAINERS,
    SELECTOR,
  ],
  cells: (job, now) => [
    job.metadata.name ?? '',
    statusOf(job),
    completionsOf(job),
    durationOf(job, now),
    ageOf(job.metadata.creationTimestamp, now),
    ...containerCells(job.spec?.template),
    formatSelector(job.spec?.selector ?? {}),
  ],
};

function statusOf(job: Job): string {
  const ended = ENDED.find((type) => isConditionTrue(job, type));
  if (ended !== undefined) return ended;
  if (job.metadata.deletionTimestamp !== undefined) return 'Terminating';
  return UNDER_WAY.find((type) => isConditionTrue(job, type)) ?? 'Running';
}

function completionsOf({ spec, status }: Job): string {
  const succeeded = status?.succeeded ?? 0;
  if (spec?.completions !== undefined) return `${succeeded}/${spec.completions}`;
  const parallelism = spec?.parallelism ?? 0;
  return parallelism > 1 ? `${succeeded}/1 of ${parallelism}` : `${succeeded}/1`;
}

function durationOf({ status }: Job, now: number): string {
  if (status?.startTime === undefined) return '';
  return ageOf(status.startTime, status.completionTime === undefined ? now : Date.parse(status.completionTime));
}

export const cronJobPrinter: Printer<CronJob> = {
  columns: [
    NAME,
    text('Schedule', 'When jobs are made, in cron format.'),
    text('Timezone', "Whose hours the schedule's are."),
    text('Suspend', 'Whether no jobs are made for now.'),
    count('Active', 'How many of its jobs are running.'),
    text('Last Schedule', 'How long ago a job was last made.'),
    AGE,
    ...CONTAINERS,
    SELECTOR,
  ],
  cells: ({ metadata, spec, status }, now) => [
    metadata.name ?? '',
    spec?.schedule ?? '',
    spec?.timeZone ?? NONE,
    spec?.suspend === undefined ? '<unset>' : spec.suspend ? 'True' : 'False',
    status?.active?.length ?? 0,
    status?.lastScheduleTime === undefined ? NONE : ageOf(status.lastScheduleTime, now),
    ageOf(metadata.creationTimestamp, now),
    ...containerCells(spec?.jobTemplate.spec?.template),
    formatSelector(spec?.jobTemplate.spec?.selector ?? {}) || NONE,
  ],
};
