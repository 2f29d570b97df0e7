const UNITS = new Set(['ns', 'us', 'µs', 'μs', 'ms', 's', 'm', 'h']);
const PART = /^(\d+(?:\.\d*)?|\.\d+)([^\d.]*)/;

/** What Go's time.ParseDuration finds wrong with a text such as `1h30m`; undefined when nothing. */
export function durationProblem(text: string): string | undefined {
  const quoted = JSON.stringify(text);
  let rest = text.replace(/^[+-]/, '');
  if (rest === '0') return undefined;
  if (rest === '') return `time: invalid duration ${quoted}`;
  while (rest !== '') {
    const part = PART.exec(rest);
    if (part === null) return `time: invalid duration ${quoted}`;
    const [whole, , unit = ''] = part;
    if (unit === '') return `time: missing unit in duration ${quoted}`;
    if (!UNITS.has(unit)) return `time: unknown unit ${JSON.stringify(unit)} in duration ${quoted}`;
    rest = rest.slice(whole.length);
  }
  return undefined;
}
