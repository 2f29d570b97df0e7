import { shownJson } from '../values/excerpt';
import { DecodeError } from './decoding';

/**
 * Kubernetes' times as text. Nearly all come as they are kept, in UTC and to the second or the microsecond: such a text is
 * looked at digit by digit and answered as it is. A moment that is none (the 99th month) is refused in Go's words: every
 * typed client would fail to read a list that holds it.
 */

const RFC3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(?:Z|[+-](\d\d):(\d\d))$/;
const SECONDS_LENGTH = '2006-01-02T15:04:05Z'.length;
const MICROS_LENGTH = '2006-01-02T15:04:05.000000Z'.length;
const LAYOUT = '2006-01-02T15:04:05Z07:00';
const DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** A time to the second in UTC, as metav1.Time writes it. Throws DecodeError. */
export function toSeconds(value: string): string {
  if (value.length === SECONDS_LENGTH && isPlain(value, 19)) return value;
  if (hasPlainFraction(value)) return `${value.slice(0, 19)}Z`;
  return `${secondsInUtc(value)}Z`;
}

/** A time to the microsecond in UTC, as metav1.MicroTime writes it. Throws DecodeError. */
export function toMicros(value: string): string {
  if (value.length === MICROS_LENGTH && hasPlainFraction(value)) return value;
  const seconds = secondsInUtc(value);
  const fraction = (/\.(\d+)/.exec(value)?.[1] ?? '').padEnd(6, '0').slice(0, 6);
  return `${seconds}.${fraction}Z`;
}

/** Whether the text begins with a moment that there is, and has its `Z` where it should be. */
function isPlain(value: string, zone: number): boolean {
  return (
    value[zone] === 'Z' &&
    value[4] === '-' &&
    value[7] === '-' &&
    value[10] === 'T' &&
    value[13] === ':' &&
    value[16] === ':' &&
    areDigits(value, 0, 4) &&
    outOfRange(value) === undefined
  );
}

/** Whether it is a moment in UTC with parts of a second. */
function hasPlainFraction(value: string): boolean {
  const zone = value.length - 1;
  return value[19] === '.' && zone > 20 && areDigits(value, 20, zone) && isPlain(value, zone);
}

function areDigits(text: string, from: number, to: number): boolean {
  for (let i = from; i < to; i++) {
    const code = text.charCodeAt(i);
    if (code < 48 || code > 57) return false;
  }
  return true;
}

/** The number that two digits make; NaN when they are none. */
function twoDigits(text: string, at: number): number {
  const tens = text.charCodeAt(at) - 48;
  const ones = text.charCodeAt(at + 1) - 48;
  return tens < 0 || tens > 9 || ones < 0 || ones > 9 ? NaN : tens * 10 + ones;
}

/** Which part of a moment there is none of, in the order in which Go's time.Parse looks; NaN is in no range. */
function outOfRange(value: string): string | undefined {
  const month = twoDigits(value, 5);
  if (!(month >= 1 && month <= 12)) return 'month';
  if (!(twoDigits(value, 11) <= 23)) return 'hour';
  if (!(twoDigits(value, 14) <= 59)) return 'minute';
  if (!(twoDigits(value, 17) <= 59)) return 'second';
  const day = twoDigits(value, 8);
  return day >= 1 && day <= daysIn(Number(value.slice(0, 4)), month) ? undefined : 'day';
}

function daysIn(year: number, month: number): number {
  const isLeap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  return month === 2 && isLeap ? 29 : (DAYS[month - 1] ?? 0);
}

/** The first 19 characters of a time in UTC. */
function secondsInUtc(value: string): string {
  const shown = shownJson(value);
  const found = RFC3339.exec(value);
  if (found === null) throw new DecodeError(`parsing time ${shown} as "${LAYOUT}": cannot parse ${shown} as "2006"`);
  const [, , hours = '00', minutes = '00'] = found;
  const wrong =
    outOfRange(value) ??
    (Number(hours) > 23 ? 'time zone offset hour' : Number(minutes) > 59 ? 'time zone offset minute' : undefined);
  if (wrong !== undefined) throw new DecodeError(`parsing time ${shown}: ${wrong} out of range`);
  const utc = new Date(Date.parse(value)).toISOString();
  // By its offset a moment may be before the year 0 or after the year 9999, which have another form.
  if (utc.length !== '2006-01-02T15:04:05.000Z'.length) {
    throw new DecodeError(`parsing time ${shown}: year out of range`);
  }
  return utc.slice(0, 19);
}
