/** A time, in milliseconds, that is drawn anew for each container: from the one to the other. */
export interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}

/** What becomes of a container that is no process. */
export interface Lifecycle {
  /** How long its image takes to come. */
  readonly pull: Span;
  /** Why its image never comes; '': it does. */
  readonly pullError: string;
  /** How long it takes to run, once it was asked to. */
  readonly start: Span;
  /** Why it does not start; '': it does. */
  readonly startError: string;
  /** How long it runs before a startup or readiness probe finds it well. */
  readonly ready: Span;
  /** How long it runs before it ends by itself; undefined: until it is told to. */
  readonly run: Span | undefined;
  /** With what it ends by itself. */
  readonly exitCode: number;
  /** Whether the kernel ends it then, for its memory. */
  readonly oomKilled: boolean;
  /** How long it takes to end when it is asked to. */
  readonly stop: Span;
  /** What it has written once it runs. */
  readonly log: readonly string[];
}

/** What a row, or a container, says of a lifecycle: all else is as `RUNS`. */
export type LifecycleChanges = Partial<Lifecycle>;

/** Of the containers whose image has a name of this form, with `*` for any text. */
export interface LifecycleRow {
  readonly image: string;
  readonly changes: LifecycleChanges;
}

const AT_ONCE: Span = { fromMs: 0, toMs: 0 };

/** Comes at once, is well at once, and goes on until it is told to end. */
export const RUNS: Lifecycle = {
  pull: AT_ONCE,
  pullError: '',
  start: AT_ONCE,
  startError: '',
  ready: AT_ONCE,
  run: undefined,
  exitCode: 0,
  oomKilled: false,
  stop: AT_ONCE,
  log: [],
};

/** Longer than anybody waits. */
const LONGEST_MS = 365 * 24 * 3_600_000;
/** A log is held in memory for each container. */
const MOST_LINES = 100;
const LONGEST_TEXT = 1_000;
const MOST_ROWS = 1_000;

/** A lifecycle, or rows of them, that can't be: the message says where and why. */
export class BadLifecycle extends Error {}

/** Reads `{"run": "10s..20s", "exitCode": 1}`. Throws BadLifecycle. */
export function readLifecycle(value: unknown): LifecycleChanges {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new BadLifecycle('a lifecycle must be an object');
  const changes: Record<string, unknown> = {};
  for (const [field, given] of Object.entries(value)) {
    if (!Object.hasOwn(READERS, field))
      throw new BadLifecycle(`${field} is none of ${Object.keys(READERS).join(', ')}`);
    changes[field] = READERS[field as keyof Lifecycle](field, given);
  }
  return changes;
}

/** Reads `[{"image": "busybox*", "run": "5s"}]`: the first row whose image fits counts. Throws BadLifecycle. */
export function readRows(value: unknown): readonly LifecycleRow[] {
  if (!Array.isArray(value) || value.length > MOST_ROWS)
    throw new BadLifecycle(`lifecycles must be a list of at most ${MOST_ROWS}`);
  return value.map((item: unknown, i) => {
    const { image, ...rest } = (item ?? {}) as { image?: unknown };
    try {
      return { image: readText('image', image), changes: readLifecycle(rest) };
    } catch (error) {
      throw new BadLifecycle(`lifecycle ${i + 1}: ${(error as Error).message}`);
    }
  });
}

/** The rows of a setting. Returns what is wrong with them as an Error. */
export function parseLifecycles(text: string): readonly LifecycleRow[] | Error {
  try {
    return readRows(JSON.parse(text));
  } catch (error) {
    return new Error(`is wrong: ${(error as Error).message}`);
  }
}

/** What the first row that fits says of an image; nothing when none does. */
export function changesOf(image: string, rows: readonly LifecycleRow[]): LifecycleChanges {
  return rows.find((row) => fits(image, row.image))?.changes ?? {};
}

/** Text with `*` for any text; no pattern makes this slower than the two are long together. */
function fits(text: string, pattern: string): boolean {
  const [first = '', ...rest] = pattern.split('*');
  const last = rest.pop();
  if (last === undefined) return text === first;
  if (!text.startsWith(first) || !text.endsWith(last) || text.length < first.length + last.length) return false;
  let at = first.length;
  for (const part of rest) {
    const found = text.indexOf(part, at);
    if (found < 0 || found + part.length > text.length - last.length) return false;
    at = found + part.length;
  }
  return true;
}

const READERS: { readonly [F in keyof Lifecycle]: (field: string, value: unknown) => unknown } = {
  pull: readSpan,
  pullError: readText,
  start: readSpan,
  startError: readText,
  ready: readSpan,
  run: readSpan,
  exitCode: readExitCode,
  oomKilled: readFlag,
  stop: readSpan,
  log: readLines,
};

const UNIT_MS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 } as const;

function readSpan(field: string, value: unknown): Span {
  const [from, to = from, ...more] = typeof value === 'string' ? value.split('..') : [];
  const fromMs = millisecondsOf(from);
  const toMs = millisecondsOf(to);
  if (fromMs === undefined || toMs === undefined || toMs < fromMs || more.length > 0)
    throw new BadLifecycle(`${field} must be a time such as 250ms, 5s or 1s..5s, not ${shown(value)}`);
  return { fromMs, toMs };
}

function millisecondsOf(text = ''): number | undefined {
  const match = /^(\d{1,9}(?:\.\d{1,9})?)(ms|s|m|h)$/.exec(text);
  if (match === null) return undefined;
  const value = Number(match[1]) * UNIT_MS[match[2] as keyof typeof UNIT_MS];
  return value <= LONGEST_MS ? value : undefined;
}

function readText(field: string, value: unknown): string {
  if (typeof value === 'string' && value.length <= LONGEST_TEXT) return value;
  throw new BadLifecycle(`${field} must be a text of at most ${LONGEST_TEXT} characters, not ${shown(value)}`);
}

function readExitCode(field: string, value: unknown): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 255) return value;
  throw new BadLifecycle(`${field} must be a whole number from 0 to 255, not ${shown(value)}`);
}

function readFlag(field: string, value: unknown): boolean {
  if (typeof value === 'boolean') return value;
  throw new BadLifecycle(`${field} must be true or false, not ${shown(value)}`);
}

function readLines(field: string, value: unknown): readonly string[] {
  if (Array.isArray(value) && value.length <= MOST_LINES) return value.map((line) => readText(field, line));
  throw new BadLifecycle(`${field} must be a list of at most ${MOST_LINES} lines, not ${shown(value)}`);
}

function shown(value: unknown): string {
  return (JSON.stringify(value) ?? 'nothing').slice(0, 60);
}
