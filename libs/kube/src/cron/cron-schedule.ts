import { parseGoDuration } from './go-duration';

/**
 * Schedules of CronJobs, as the library reads them that Kubernetes uses (robfig/cron, ParseStandard): five fields, or a word
 * such as `@daily`. It is no usual cron: Sunday is only 0, `3/5` goes on to the end, and `L`, `W` and `#` are unknown; so no
 * library of npm accepts the same, nor has the same in mind where clocks are changed (see `nextTime`).
 */
export type CronSchedule = (CronFields | CronInterval) & {
  /** The time zone that a prefix such as `TZ=` names. */
  readonly zone?: string;
};

/** A moment of which each field is one of these. */
export interface CronFields {
  readonly minutes: readonly number[];
  readonly hours: readonly number[];
  readonly days: readonly number[];
  readonly months: readonly number[];
  /** Sunday is 0. */
  readonly weekdays: readonly number[];
  /** A day must only be one of `days` or one of `weekdays`: both were limited. */
  readonly eitherDay: boolean;
}

/** So long after the time before: `@every`. */
export interface CronInterval {
  readonly everyMs: number;
}

interface Bounds {
  readonly least: number;
  readonly most: number;
  readonly names?: readonly string[];
}

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];
const FIELDS: readonly Bounds[] = [
  { least: 0, most: 59 },
  { least: 0, most: 23 },
  { least: 1, most: 31 },
  { least: 1, most: 12, names: MONTHS },
  { least: 0, most: 6, names: DAYS },
];

const WORDS: ReadonlyMap<string, string> = new Map([
  ['@yearly', '0 0 1 1 *'],
  ['@annually', '0 0 1 1 *'],
  ['@monthly', '0 0 1 * *'],
  ['@weekly', '0 0 * * 0'],
  ['@daily', '0 0 * * *'],
  ['@midnight', '0 0 * * *'],
  ['@hourly', '0 * * * *'],
]);

class ScheduleError extends Error {}

/** Reads a schedule; a text is what is wrong with it, in that library's words. */
export function parseSchedule(text: string): CronSchedule | string {
  try {
    return read(text);
  } catch (error) {
    if (error instanceof ScheduleError) return error.message;
    throw error;
  }
}

function read(text: string): CronSchedule {
  if (text === '') throw new ScheduleError('empty spec string');
  const zone = /^(?:CRON_)?TZ=(\S*)(?: (.*))?$/s.exec(text);
  if (zone === null) return readTimes(text);
  const [, name = '', rest = ''] = zone;
  if (!isTimeZone(name)) throw new ScheduleError(`provided bad location ${name}: unknown time zone ${name}`);
  return { ...readTimes(rest.trim()), zone: name };
}

function readTimes(text: string): CronSchedule {
  if (text.startsWith('@')) {
    const times = WORDS.get(text);
    if (times !== undefined) return readTimes(times);
    if (!text.startsWith('@every ')) throw new ScheduleError(`unrecognized descriptor: ${text}`);
    const ms = parseGoDuration(text.slice('@every '.length));
    if (typeof ms === 'string') throw new ScheduleError(`failed to parse duration ${text}: ${ms}`);
    return { everyMs: Math.max(1, Math.floor(ms / 1_000)) * 1_000 };
  }
  const fields = text.split(/\s+/).filter((field) => field !== '');
  if (fields.length !== FIELDS.length) {
    throw new ScheduleError(`expected exactly 5 fields, found ${fields.length}: [${fields.join(' ')}]`);
  }
  const [minutes, hours, days, months, weekdays] = FIELDS.map((bounds, i) => readField(fields[i] ?? '', bounds));
  return {
    minutes: minutes?.values ?? [],
    hours: hours?.values ?? [],
    days: days?.values ?? [],
    months: months?.values ?? [],
    weekdays: weekdays?.values ?? [],
    eitherDay: days?.isAny !== true && weekdays?.isAny !== true,
  };
}

interface Field {
  readonly values: readonly number[];
  /** Whether it has a `*` or `?` without steps. */
  readonly isAny: boolean;
}

function readField(text: string, bounds: Bounds): Field {
  // Marked, not collected: a text can name the same numbers as often as it is long.
  const isChosen = Array.from({ length: bounds.most + 1 }, () => false);
  let isAny = false;
  for (const part of text.split(',')) if (part !== '' && readRange(part, bounds, isChosen)) isAny = true;
  return { values: isChosen.flatMap((chosen, value) => (chosen ? [value] : [])), isAny };
}

/** Marks what a part chooses; whether that is anything. */
function readRange(text: string, { least, most, names }: Bounds, isChosen: boolean[]): boolean {
  const [range = '', step, ...moreSteps] = text.split('/');
  const [low = '', high, ...moreLimits] = range.split('-');
  const isAny = low === '*' || low === '?';
  const first = isAny ? least : readNumber(low, names);
  if (moreLimits.length > 0 && !isAny) throw new ScheduleError(`too many hyphens: ${text}`);
  let last = isAny ? most : high === undefined ? first : readNumber(high, names);
  if (moreSteps.length > 0) throw new ScheduleError(`too many slashes: ${text}`);
  const every = step === undefined ? 1 : readNumber(step);
  if (step !== undefined && high === undefined) last = most;
  if (first < least) throw new ScheduleError(`beginning of range (${first}) below minimum (${least}): ${text}`);
  if (last > most) throw new ScheduleError(`end of range (${last}) above maximum (${most}): ${text}`);
  if (first > last) throw new ScheduleError(`beginning of range (${first}) beyond end of range (${last}): ${text}`);
  if (every === 0) throw new ScheduleError(`step of range should be a positive number: ${text}`);
  for (let value = first; value <= last; value += every) isChosen[value] = true;
  return isAny && every === 1;
}

function readNumber(text: string, names: readonly string[] = []): number {
  const named = names.indexOf(text.toLowerCase());
  if (named >= 0) return names === MONTHS ? named + 1 : named;
  if (!/^[+-]?\d+$/.test(text)) {
    const wrong = `strconv.Atoi: parsing ${JSON.stringify(text)}: invalid syntax`;
    throw new ScheduleError(`failed to parse int from ${text}: ${wrong}`);
  }
  const number = Number(text);
  if (number > Number.MAX_SAFE_INTEGER || number < -Number.MAX_SAFE_INTEGER) {
    const wrong = `strconv.Atoi: parsing ${JSON.stringify(text)}: value out of range`;
    throw new ScheduleError(`failed to parse int from ${text}: ${wrong}`);
  }
  if (number < 0) throw new ScheduleError(`negative number (${number}) not allowed: ${text}`);
  return number;
}

/** Whether a time zone has this name in the database of zones (IANA's). */
export function isTimeZone(name: string): boolean {
  if (!/^[A-Za-z]/.test(name)) return false;
  try {
    const { timeZone } = new Intl.DateTimeFormat('en-US', { timeZone: name }).resolvedOptions();
    // Names are files elsewhere, where case counts.
    return timeZone === name || timeZone.toLowerCase() !== name.toLowerCase();
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}
