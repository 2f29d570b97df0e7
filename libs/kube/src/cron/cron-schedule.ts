import { durationProblem } from './go-duration';

/**
 * Schedules of CronJobs, as the library reads them that Kubernetes uses (robfig/cron, ParseStandard): five fields, or a word
 * such as `@daily`. It is no usual cron: Sunday is only 0, `3/5` goes on to the end, and `L`, `W` and `#` are unknown; so no
 * library of npm accepts the same.
 */
export interface CronSchedule {
  /** The minutes, hours … of which a moment must have one each; undefined for `@every`. */
  readonly fields?: readonly (readonly number[])[];
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
  return readTimes(rest.trim());
}

function readTimes(text: string): CronSchedule {
  if (text.startsWith('@')) {
    const times = WORDS.get(text);
    if (times !== undefined) return readTimes(times);
    if (!text.startsWith('@every ')) throw new ScheduleError(`unrecognized descriptor: ${text}`);
    const wrong = durationProblem(text.slice('@every '.length));
    if (wrong !== undefined) throw new ScheduleError(`failed to parse duration ${text}: ${wrong}`);
    return {};
  }
  const fields = text.split(/\s+/).filter((field) => field !== '');
  if (fields.length !== FIELDS.length) {
    throw new ScheduleError(`expected exactly 5 fields, found ${fields.length}: [${fields.join(' ')}]`);
  }
  return { fields: FIELDS.map((bounds, i) => readField(fields[i] ?? '', bounds)) };
}

function readField(text: string, bounds: Bounds): readonly number[] {
  // Marked, not collected: a text can name the same numbers as often as it is long.
  const isChosen = Array.from({ length: bounds.most + 1 }, () => false);
  for (const part of text.split(',')) if (part !== '') readRange(part, bounds, isChosen);
  return isChosen.flatMap((chosen, value) => (chosen ? [value] : []));
}

function readRange(text: string, { least, most, names }: Bounds, isChosen: boolean[]): void {
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
