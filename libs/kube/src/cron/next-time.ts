import type { CronFields, CronSchedule } from './cron-schedule';
import { changeOfOffset, offsetMs } from './zone-time';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** A schedule that names no day within so many years never comes, for example the 31st of February. */
const MOST_YEARS = 5;

/**
 * The first time of a schedule after a moment, in milliseconds since 1970; undefined where there is none.
 *
 * Fields are those of the clock on the wall there, as robfig/cron reads it: what the clock leaves out in spring does not come on
 * that day, what it shows twice in autumn comes twice.
 */
export function nextTime(schedule: CronSchedule, afterMs: number, zone = 'UTC'): number | undefined {
  if ('everyMs' in schedule) return Math.floor(afterMs / 1_000) * 1_000 + schedule.everyMs;
  const where = schedule.zone ?? zone;
  const local = afterMs + offsetMs(where, afterMs);
  const lastYear = new Date(local).getUTCFullYear() + MOST_YEARS;
  // From the day before: a clock that is set back at midnight shows its end again.
  for (let day = Math.floor(local / DAY) * DAY - DAY; new Date(day).getUTCFullYear() <= lastYear; day += DAY) {
    const found = isDayOf(schedule, day) ? firstOfDay(schedule, day, where, afterMs) : undefined;
    if (found !== undefined) return found;
  }
  return undefined;
}

/**
 * The last time of a schedule after one moment and not after another; undefined where there is none. That of an interval counts
 * from the first moment.
 */
export function lastTime(schedule: CronSchedule, afterMs: number, untilMs: number, zone = 'UTC'): number | undefined {
  if ('everyMs' in schedule) {
    const times = Math.floor((untilMs - afterMs) / schedule.everyMs);
    return times < 1 ? undefined : afterMs + times * schedule.everyMs;
  }
  const isBefore = (ms: number): boolean => (nextTime(schedule, ms, zone) ?? Infinity) <= untilMs;
  if (!isBefore(afterMs)) return undefined;
  let [low, high] = [afterMs, untilMs];
  while (high - low > 1_000) {
    const middle = low + Math.floor((high - low) / 2);
    if (isBefore(middle)) low = middle;
    else high = middle;
  }
  return nextTime(schedule, low, zone);
}

/** `day`: its midnight, as if it were in UTC. */
function isDayOf({ months, days, weekdays, eitherDay }: CronFields, day: number): boolean {
  const date = new Date(day);
  if (!months.includes(date.getUTCMonth() + 1)) return false;
  const [isDay, isWeekday] = [days.includes(date.getUTCDate()), weekdays.includes(date.getUTCDay())];
  return eitherDay ? isDay || isWeekday : isDay && isWeekday;
}

function firstOfDay(fields: CronFields, day: number, zone: string, afterMs: number): number | undefined {
  const [from, to] = [day - 14 * HOUR, day + DAY + 12 * HOUR];
  const [before, after] = [offsetMs(zone, from), offsetMs(zone, to)];
  if (before === after) return firstWith(fields, day, before, afterMs);
  const change = changeOfOffset(zone, from, to);
  const early = firstWith(fields, day, before, afterMs);
  if (early !== undefined && early < change) return early;
  return firstWith(fields, day, after, Math.max(afterMs, change - 1));
}

/** Where the clock is ahead of UTC by so much. */
function firstWith({ hours, minutes }: CronFields, day: number, offset: number, afterMs: number): number | undefined {
  const least = afterMs + offset - day;
  for (const hour of hours) {
    if ((hour + 1) * HOUR <= least) continue;
    const minute = minutes.find((value) => hour * HOUR + value * MINUTE > least);
    if (minute !== undefined) return day + hour * HOUR + minute * MINUTE - offset;
  }
  return undefined;
}
