/** Index numbers of a Job's pods as its fields have them: `1,3-5,7`, in increasing order, each below the completions. */

/** What is wrong with such a text, in Kubernetes' words, or how many numbers it has. */
export type Indexes = { readonly problem: string } | { readonly count: number };

interface Interval {
  readonly first: number;
  readonly last: number;
}

const NUMBER = /^[+]?\d{1,15}$/;

function parseNumber(text: string, completions: number): number | string {
  if (!NUMBER.test(text)) return `cannot convert string to integer for index: ${JSON.stringify(text)}`;
  return Number(text) < completions ? Number(text) : `too large index: ${JSON.stringify(text)}`;
}

function parseInterval(text: string, completions: number): Interval | string {
  const limits = text.split('-');
  if (limits.length > 2) {
    return `the fragment ${JSON.stringify(text)} violates the requirement that an index interval can have at most two parts separated by '-'`;
  }
  const first = parseNumber(limits[0] ?? '', completions);
  if (typeof first === 'string') return first;
  if (limits[1] === undefined) return { first, last: first };
  const last = parseNumber(limits[1], completions);
  if (typeof last === 'string') return last;
  return first < last ? { first, last } : `non-increasing order, previous: ${first}, current: ${last}`;
}

/** Kubernetes' validateIndexesFormat. */
export function checkIndexes(text: string, completions: number): Indexes {
  if (text === '') return { count: 0 };
  let count = 0;
  let previous = -1;
  for (const part of text.split(',')) {
    const interval = parseInterval(part, completions);
    if (typeof interval === 'string') return { problem: interval };
    if (previous >= interval.first) {
      return { problem: `non-increasing order, previous: ${previous}, current: ${interval.first}` };
    }
    count += interval.last - interval.first + 1;
    previous = interval.last;
  }
  return { count };
}

/** The first number that both have; undefined when there is none. Parts that are no intervals are passed over. */
export function overlapOf(a: string, b: string, completions: number): number | undefined {
  const intervals = (text: string): Interval[] =>
    text
      .split(',')
      .map((part) => parseInterval(part, completions))
      .filter((interval) => typeof interval !== 'string');
  const [as, bs] = [intervals(a), intervals(b)];
  for (let i = 0, k = 0; ;) {
    const [x, y] = [as[i], bs[k]];
    if (x === undefined || y === undefined) return undefined;
    if (x.first <= y.last && y.first <= x.last) return Math.max(x.first, y.first);
    if (x.first <= y.first) i += 1;
    else k += 1;
  }
}
