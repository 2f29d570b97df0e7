import type { CronJobSpec, ObjectOf } from '@shiplog/contracts';
import { isTimeZone, lastTime, nextTime, parseSchedule, type CronSchedule } from '@shiplog/kube';
import { timeOf } from '../../domain/pods';

export type StoredCronJob = ObjectOf<'cronjobs.batch'>;

/** More times that nothing was started than this are worth a warning: the deadline is too long, or a clock wrong. */
const MANY_MISSED = 100;
/** Kubernetes looks so long after the time, so that clocks that are not quite the same have it behind them. */
const DELTA_MS = 100;

/** When a CronJob's Jobs are due. */
export interface Timing {
  /** The last time that no Job was started for, and that is not too long ago to start one. */
  readonly due?: number;
  /** The last time that no Job was started for, whether or not it is too long ago. */
  readonly missed?: number;
  readonly tooManyMissed: boolean;
  /** Until the next time; undefined where there is none. */
  readonly nextInMs?: number;
}

/** Why a schedule can't be followed: what a user reads of it. */
export interface Unfollowable {
  readonly reason: string;
  readonly message: string;
}

/** A schedule with the zone it is meant in. */
export interface Schedule {
  readonly times: CronSchedule;
  readonly zone: string;
}

/** Reads what validation has let through, also of an earlier time. */
export function scheduleOf({ schedule, timeZone }: CronJobSpec): Schedule | Unfollowable {
  if (timeZone !== undefined && !isTimeZone(timeZone)) {
    const message = `invalid timeZone: ${JSON.stringify(timeZone)}: unknown time zone ${timeZone}`;
    return { reason: 'UnknownTimeZone', message };
  }
  const times = parseSchedule(schedule);
  if (typeof times !== 'string') return { times, zone: timeZone ?? 'UTC' };
  return { reason: 'UnparseableSchedule', message: `unparseable schedule: ${JSON.stringify(schedule)} : ${times}` };
}

/** Kubernetes' mostRecentScheduleTime and nextScheduleTimeDuration; but which time was the last is not estimated. */
export function timingOf(cronJob: StoredCronJob, { times, zone }: Schedule, nowMs: number): Timing | Unfollowable {
  const { startingDeadlineSeconds } = cronJob.spec ?? {};
  const since = timeOf(cronJob.status?.lastScheduleTime ?? cronJob.metadata.creationTimestamp);
  const first = nextTime(times, since, zone);
  const second = first === undefined ? undefined : nextTime(times, first, zone);
  if (first === undefined || second === undefined) {
    const message = `invalid schedule: ${cronJob.spec?.schedule ?? ''} : time difference between two schedules is less than 1 second`;
    return { reason: 'InvalidSchedule', message };
  }
  const missed = lastTime(times, since, nowMs, zone);
  const earliest =
    startingDeadlineSeconds === undefined ? since : Math.max(since, nowMs - startingDeadlineSeconds * 1_000);
  const isInTime = missed !== undefined && missed >= earliest;
  const count = Math.floor((nowMs - Math.max(first, earliest)) / (second - first)) + 1;
  const next = nextTime(times, missed ?? since, zone);
  return {
    ...(isInTime && { due: missed }),
    ...(missed !== undefined && { missed }),
    tooManyMissed: isInTime && count > MANY_MISSED,
    ...(next !== undefined && { nextInMs: next + DELTA_MS - nowMs }),
  };
}
