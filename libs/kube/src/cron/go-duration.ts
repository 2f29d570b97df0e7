/** Milliseconds of a unit of Go's durations. */
const UNITS: ReadonlyMap<string, number> = new Map([
  ['ns', 1e-6],
  ['us', 1e-3],
  ['µs', 1e-3],
  ['μs', 1e-3],
  ['ms', 1],
  ['s', 1_000],
  ['m', 60_000],
  ['h', 3_600_000],
]);
const PART = /^(\d+(?:\.\d*)?|\.\d+)([^\d.]*)/;
/** Go counts nanoseconds in 63 bits. */
const MOST_MS = 2 ** 63 / 1e6;

/** Milliseconds of a text such as `1h30m`; a text is what Go's time.ParseDuration finds wrong with it. */
export function parseGoDuration(text: string): number | string {
  const quoted = JSON.stringify(text);
  let rest = text.replace(/^[+-]/, '');
  let ms = 0;
  if (rest === '0') return 0;
  if (rest === '') return `time: invalid duration ${quoted}`;
  while (rest !== '') {
    const part = PART.exec(rest);
    if (part === null) return `time: invalid duration ${quoted}`;
    const [whole, number, unit = ''] = part;
    if (unit === '') return `time: missing unit in duration ${quoted}`;
    const unitMs = UNITS.get(unit);
    if (unitMs === undefined) return `time: unknown unit ${JSON.stringify(unit)} in duration ${quoted}`;
    ms += Number(number) * unitMs;
    if (ms > MOST_MS) return `time: invalid duration ${quoted}`;
    rest = rest.slice(whole.length);
  }
  return text.startsWith('-') ? -ms : ms;
}
