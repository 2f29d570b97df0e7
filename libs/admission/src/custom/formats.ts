import { isIp, isIpv6, parseCidr } from '@shiplog/apimachinery';

/** Longer texts are of no format that is checked by an expression. */
const LONGEST = 2_048;

const matches =
  (form: RegExp) =>
  (text: string): boolean =>
    text.length <= LONGEST && form.test(text);

const DAYS = /^(\d{4})-(\d{2})-(\d{2})$/;

function isDate(text: string): boolean {
  const [, year, month, day] = DAYS.exec(text) ?? [];
  if (year === undefined) return false;
  const date = new Date(Date.UTC(Number(year), Number(month) - 1, Number(day)));
  return date.getUTCMonth() === Number(month) - 1 && date.getUTCDate() === Number(day);
}

const DATE_TIME =
  /^(\d{4}-\d{2}-\d{2})[Tt](?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d+)?(?:[Zz]|[-+](?:[01]\d|2[0-3]):?[0-5]\d)$/;

function isDateTime(text: string): boolean {
  const [, date] = (text.length <= LONGEST && DATE_TIME.exec(text)) || [];
  return date !== undefined && isDate(date);
}

const GO_DURATION =
  /^[-+]?(?:0|(?:\d+(?:\.\d*)?|\.\d+)(?:ns|us|µs|μs|ms|s|m|h)(?:(?:\d+(?:\.\d*)?|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))*)$/;
const WORDED_DURATION =
  /^\d+ *(?:ns|nanos?|nanoseconds?|us|µs|micros?|microseconds?|ms|millis?|milliseconds?|s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?|d|days?|w|weeks?)$/i;

function isDuration(text: string): boolean {
  return text.length <= LONGEST && (GO_DURATION.test(text) || WORDED_DURATION.test(text));
}

function isUri(text: string): boolean {
  return text.startsWith('/') || (/^[a-z][-a-z0-9+.]*:/i.test(text) && !/\s/.test(text));
}

function isIsbn10(text: string): boolean {
  const digits = text.replace(/[- ]/g, '');
  if (!/^\d{9}[\dXx]$/.test(digits)) return false;
  const sum = [...digits].reduce((total, digit, i) => total + (10 - i) * (/x/i.test(digit) ? 10 : Number(digit)), 0);
  return sum % 11 === 0;
}

function isIsbn13(text: string): boolean {
  const digits = text.replace(/[- ]/g, '');
  if (!/^\d{13}$/.test(digits)) return false;
  return [...digits].reduce((total, digit, i) => total + Number(digit) * (i % 2 === 0 ? 1 : 3), 0) % 10 === 0;
}

function isCreditCard(text: string): boolean {
  const digits = text.replace(/[- ]/g, '');
  if (!/^\d{13,19}$/.test(digits)) return false;
  const sum = [...digits].reverse().reduce((total, digit, i) => {
    const value = Number(digit) * (i % 2 === 0 ? 1 : 2);
    return total + (value > 9 ? value - 9 : value);
  }, 0);
  return sum % 10 === 0;
}

const isShort =
  (check: (text: string) => boolean) =>
  (text: string): boolean =>
    text.length <= LONGEST && check(text);

const UUID = '^[0-9a-f]{8}-?[0-9a-f]{4}-?V[0-9a-f]{3}-?W[0-9a-f]{3}-?[0-9a-f]{12}$';
const uuid = (version: string, variant: string): ((text: string) => boolean) =>
  matches(new RegExp(UUID.replace('V', version).replace('W', variant), 'i'));

/**
 * Formats of texts that are checked, without dashes in their names; any other says nothing (supportedVersionedFormats of
 * Kubernetes' apiextensions, which are those of go-openapi's strfmt).
 */
const FORMATS: ReadonlyMap<string, (text: string) => boolean> = new Map([
  ['bsonobjectid', matches(/^[0-9a-f]{24}$/i)],
  ['uri', isShort(isUri)],
  ['email', matches(/^[^@\s<>]+@[^@\s<>]+$/)],
  ['hostname', isShort((text) => text.split('.').every((part) => /^[a-z0-9_](?:[-a-z0-9_]{0,61}[a-z0-9_])?$/i.test(part)))],
  ['ipv4', isShort((text) => isIp(text) && !isIpv6(text))],
  ['ipv6', isShort(isIpv6)],
  ['cidr', isShort((text) => parseCidr(text) !== undefined || isIpv6Cidr(text))],
  ['mac', matches(/^[0-9a-f]{2}(?:([:-])[0-9a-f]{2}(?:\1[0-9a-f]{2}){4}(?:\1[0-9a-f]{2}){0,2})$/i)],
  ['uuid', uuid('[0-9a-f]', '[0-9a-f]')],
  ['uuid3', uuid('3', '[0-9a-f]')],
  ['uuid4', uuid('4', '[89ab]')],
  ['uuid5', uuid('5', '[89ab]')],
  ['isbn', isShort((text) => isIsbn10(text) || isIsbn13(text))],
  ['isbn10', isShort(isIsbn10)],
  ['isbn13', isShort(isIsbn13)],
  ['creditcard', isShort(isCreditCard)],
  ['ssn', matches(/^\d{3}[- ]?\d{2}[- ]?\d{4}$/)],
  ['hexcolor', matches(/^#?(?:[0-9a-f]{3}|[0-9a-f]{6})$/i)],
  ['rgbcolor', matches(/^rgb\(\s*(?:25[0-5]|2[0-4]\d|1?\d?\d)\s*,\s*(?:25[0-5]|2[0-4]\d|1?\d?\d)\s*,\s*(?:25[0-5]|2[0-4]\d|1?\d?\d)\s*\)$/)],
  ['byte', (text: string): boolean => text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text)],
  ['password', (): boolean => true],
  ['date', isShort(isDate)],
  ['datetime', isDateTime],
  ['duration', isDuration],
]); // prettier-ignore

function isIpv6Cidr(text: string): boolean {
  const [address = '', bits = '', ...rest] = text.split('/');
  return rest.length === 0 && isIpv6(address) && /^\d{1,3}$/.test(bits) && Number(bits) <= 128;
}

/** Whether a text is of a format, as far as the format is known. */
export function isOfFormat(format: string, text: string): boolean {
  return FORMATS.get(format.replaceAll('-', ''))?.(text) ?? true;
}
