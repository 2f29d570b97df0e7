const OFFSET = /^GMT([+-])(\d{2}):(\d{2})(?::(\d{2}))?$/;
const MINUTE = 60_000;
/** There are some 600 names of zones. */
const MOST_FORMATS = 1_000;

const formats = new Map<string, Intl.DateTimeFormat>();

/** By how much clocks of a time zone are ahead of UTC at a moment, in milliseconds. */
export function offsetMs(zone: string, ms: number): number {
  if (zone === 'UTC') return 0;
  const name = formatOf(zone)
    .formatToParts(ms)
    .find(({ type }) => type === 'timeZoneName')?.value;
  const [, sign, hours, minutes, seconds = '0'] = OFFSET.exec(name ?? '') ?? [];
  if (sign === undefined) return 0;
  const ahead = Number(hours) * 60 * MINUTE + Number(minutes) * MINUTE + Number(seconds) * 1_000;
  return sign === '-' ? -ahead : ahead;
}

/** The first moment, by the minute, at which clocks go as they do at the end of a span, which begins when they do not. */
export function changeOfOffset(zone: string, fromMs: number, toMs: number): number {
  const after = offsetMs(zone, toMs);
  let [low, high] = [Math.floor(fromMs / MINUTE), Math.ceil(toMs / MINUTE)];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (offsetMs(zone, middle * MINUTE) === after) high = middle;
    else low = middle;
  }
  return high * MINUTE;
}

/** A moment in RFC 3339 as clocks of a time zone show it, with how they go. */
export function zonedTime(zone: string, ms: number): string {
  const offset = offsetMs(zone, ms);
  const local = new Date(ms + offset).toISOString().slice(0, 19);
  if (offset === 0) return `${local}Z`;
  const minutes = Math.trunc(Math.abs(offset) / MINUTE);
  const two = (number: number): string => String(number).padStart(2, '0');
  return `${local}${offset < 0 ? '-' : '+'}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}

function formatOf(zone: string): Intl.DateTimeFormat {
  const known = formats.get(zone);
  if (known !== undefined) return known;
  if (formats.size >= MOST_FORMATS) formats.clear();
  const format = new Intl.DateTimeFormat('en-US', { timeZone: zone, timeZoneName: 'longOffset' });
  formats.set(zone, format);
  return format;
}
