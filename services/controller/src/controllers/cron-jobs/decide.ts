import type { KubeStatus } from '@shiplog/contracts';
import { CRON_SCHEDULED_AT, deletionOf, isConditionTrue, zonedTime } from '@shiplog/kube';
import type { Note, Now, PlannedCommand, ReconcileResult } from '../../runtime/domain/controller';
import { controllerReference } from '../../domain/owners';
import { messageOf, warningOn } from '../../domain/pod-making';
import { timeOf } from '../../domain/pods';
import { isJobFinished } from '../jobs/ending';
import type { StoredJob } from '../jobs/tally';
import { observedStatus, scheduledAt, writeStatus } from './status';
import { scheduleOf, timingOf, type StoredCronJob, type Timing } from './timing';

/** All that the decision on one CronJob looks at. */
export interface CronJobView {
  cronJob: StoredCronJob;
  /** Those that it controls. */
  jobs: readonly StoredJob[];
  now: Now;
  /** Why the journal refused a Job in the attempt before. */
  failure?: KubeStatus;
  /** Whether a Job of a name is there, whosever it is. */
  isTaken: (name: string) => boolean;
}

/** What becomes of the schedule now. */
interface Scheduling {
  readonly commands: readonly PlannedCommand[];
  readonly notes: readonly Note[];
  readonly nextInMs?: number;
  /** Jobs that make room for another. */
  readonly replaced: readonly StoredJob[];
}

const NOTHING: Scheduling = { commands: [], notes: [], replaced: [] };

/** What one CronJob needs now: a Job whose time has come, old ones deleted, its status written. */
export function decideCronJob(view: CronJobView): ReconcileResult {
  const { cronJob, jobs, now } = view;
  const scheduling = schedule(view);
  const left = jobs.filter((job) => !scheduling.replaced.includes(job));
  const written = writeStatus(cronJob, observedStatus(cronJob, left, now.ms));
  return {
    commands: [
      ...scheduling.commands,
      ...surplusOf(cronJob, jobs).map(removal),
      ...(written === undefined ? [] : [written]),
    ],
    notes: [...surprises(cronJob, jobs), ...scheduling.notes],
    requeueAfterMs: scheduling.nextInMs,
  };
}

function schedule(view: CronJobView): Scheduling {
  const { cronJob, now } = view;
  const { spec, metadata } = cronJob;
  if (spec === undefined || spec.suspend === true || metadata.deletionTimestamp !== undefined) return NOTHING;
  const times = scheduleOf(spec);
  const timing = 'reason' in times ? times : timingOf(cronJob, times, now.ms);
  if ('reason' in timing) return { ...NOTHING, notes: [warning(cronJob, timing.reason, timing.message)] };
  return { ...atItsTime(view, timing), nextInMs: timing.nextInMs };
}

function atItsTime(view: CronJobView, { due, missed, tooManyMissed }: Timing): Scheduling {
  const { cronJob, jobs, failure, isTaken } = view;
  if (due === undefined) {
    if (missed === undefined) return NOTHING;
    const message = `Missed scheduled time to start a job: ${new Date(missed).toUTCString().replace('GMT', 'UTC')}`;
    return { ...NOTHING, notes: [warning(cronJob, 'MissSchedule', message)] };
  }
  const notes = tooManyMissed ? [warning(cronJob, 'TooManyMissedTimes', TOO_MANY)] : [];
  const name = `${cronJob.metadata.name}-${Math.floor(due / 60_000)}`;
  const isMade = jobs.some((job) => scheduledAt(job) === due);
  if (isMade || isTaken(name)) return { ...NOTHING, notes };
  const running = jobs.filter((job) => !isJobFinished(job) && isActive(cronJob, job));
  const { concurrencyPolicy } = cronJob.spec ?? {};
  if (concurrencyPolicy === 'Forbid' && running.length > 0) {
    return { ...NOTHING, notes: [...notes, { ...warning(cronJob, 'JobAlreadyActive', FORBIDDEN), type: 'Normal' }] };
  }
  const replaced = concurrencyPolicy === 'Replace' ? running : [];
  const failed =
    failure === undefined ? [] : [warning(cronJob, 'FailedCreate', `Error creating job: ${messageOf(failure)}`)];
  return {
    commands: [...replaced.map(removal), creation(cronJob, name, due, failure === undefined)],
    notes: [...notes, ...failed],
    replaced,
  };
}

const TOO_MANY = 'too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check clock skew';
const FORBIDDEN = 'Not starting job because prior execution is running and concurrency policy is Forbid';

/** Whether a Job was made by the schedule, not by a user. */
function isActive({ status }: StoredCronJob, job: StoredJob): boolean {
  return scheduledAt(job) !== undefined || (status?.active ?? []).some(({ uid }) => uid === job.metadata.uid);
}

/** Named for its time, as its command is: not made twice, even when the one before is gone already. */
function creation({ metadata, spec }: StoredCronJob, name: string, dueMs: number, isFirst: boolean): PlannedCommand {
  const { namespace = '' } = metadata;
  const template = spec?.jobTemplate;
  const { labels, annotations } = template?.metadata ?? {};
  const object = {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      name,
      namespace,
      labels,
      annotations: { ...annotations, [CRON_SCHEDULED_AT]: zonedTime(spec?.timeZone ?? 'UTC', dueMs) },
      ownerReferences: [controllerReference('batch/v1', 'CronJob', metadata)],
    },
    spec: template?.spec,
  };
  // A refusal is the answer to its id for good.
  const id = isFirst ? { id: `cronjob.${metadata.uid}.${dueMs}` } : {};
  return { type: 'CreateObject', ...id, data: { resource: 'jobs.batch', namespace, object } };
}

/** With its pods. */
function removal(job: StoredJob): PlannedCommand {
  return deletionOf('jobs.batch', job, { propagationPolicy: 'Background' });
}

/** The oldest Jobs that are over, beyond as many of each end as are to be kept. */
function surplusOf({ spec, metadata }: StoredCronJob, jobs: readonly StoredJob[]): StoredJob[] {
  if (metadata.deletionTimestamp !== undefined) return [];
  const oldest = (type: string, kept: number | undefined): StoredJob[] => {
    const ended = jobs.filter((job) => isConditionTrue(job, type) && job.metadata.deletionTimestamp === undefined);
    return kept === undefined ? [] : ended.sort(byStart).slice(0, Math.max(0, ended.length - kept));
  };
  return [...oldest('Complete', spec?.successfulJobsHistoryLimit), ...oldest('Failed', spec?.failedJobsHistoryLimit)];
}

function byStart(a: StoredJob, b: StoredJob): number {
  const [one, other] = [a, b].map(({ status }) => timeOf(status?.startTime) || Infinity) as [number, number];
  if (one !== other) return one < other ? -1 : 1;
  return a.metadata.name < b.metadata.name ? -1 : 1;
}

/** Jobs that should run and do not, and ones that do and should not. */
function surprises(cronJob: StoredCronJob, jobs: readonly StoredJob[]): Note[] {
  const uids = new Set(jobs.map(({ metadata }) => metadata.uid));
  const missing = (cronJob.status?.active ?? []).filter(({ uid }) => !uids.has(uid ?? ''));
  const unexpected = jobs.filter((job) => !isJobFinished(job) && !isActive(cronJob, job));
  return [
    ...missing.map(({ name = '' }): Note => {
      return { ...warning(cronJob, 'MissingJob', `Active job went missing: ${name}`), type: 'Normal' };
    }),
    ...unexpected.map(({ metadata: { name } }) =>
      warning(cronJob, 'UnexpectedJob', `Saw a job that the controller did not create or forgot: ${name}`),
    ),
  ];
}

function warning({ metadata }: StoredCronJob, reason: string, message: string): Note {
  return warningOn({ resource: 'cronjobs.batch', ...metadata }, 'cronjob-controller', reason, message);
}
