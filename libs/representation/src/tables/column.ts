import type { StoredObject } from '@shiplog/contracts';

/** A column of a Table, as `kubectl get` prints it. Priority 0 is always shown, 1 only by `-o wide`. */
export interface Column {
  readonly name: string;
  /** An OpenAPI type, or `date`. */
  readonly type: string;
  readonly format: string;
  readonly description: string;
  readonly priority: number;
}

export type Cell = string | number | boolean | null;

/** A condition that marks a row as done, so that clients may grey it out. */
export interface RowCondition {
  readonly type: 'Completed';
  readonly status: 'True';
  readonly reason: string;
  readonly message: string;
}

/** How one kind is shown: its columns, and the cells of an object at `now` (milliseconds since 1970). */
export interface Printer<T> {
  readonly columns: readonly Column[];
  cells(object: T, now: number): Cell[];
  conditions?(object: T): RowCondition[];
}

export const NAME: Column = {
  name: 'Name',
  type: 'string',
  format: 'name',
  description: 'What the object is called; unique for its kind in its namespace.',
  priority: 0,
};

export const AGE: Column = {
  name: 'Age',
  type: 'string',
  format: '',
  description: 'How long ago the object was created.',
  priority: 0,
};

/** A column of text. */
export function text(name: string, description: string, priority: 0 | 1 = 0): Column {
  return { name, type: 'string', format: '', description, priority };
}

/** A column of whole numbers. */
export function count(name: string, description: string, priority: 0 | 1 = 0): Column {
  return { name, type: 'integer', format: '', description, priority };
}

/** A column of yes or no. */
export function flag(name: string, description: string): Column {
  return { name, type: 'boolean', format: '', description, priority: 0 };
}

/** The same column, shown by `-o wide` only. */
export function wide(name: string, description: string): Column {
  return text(name, description, 1);
}

export const NONE = '<none>';
export const UNSET = '<unset>';

/** `a=1,b=2` in the order of the keys; `<none>` for no label. */
export function formatLabels(labels: Readonly<Record<string, string>> | undefined): string {
  const pairs = Object.entries(labels ?? {})
    .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    .map(([key, value]) => `${key}=${value}`);
  return pairs.length === 0 ? NONE : pairs.join(',');
}

/** The first three of a list and how many more there are: `a,b,c + 2 more...`. */
export function firstThree(items: readonly string[]): string {
  const shown = items.slice(0, 3).join(',');
  return items.length > 3 ? `${shown} + ${items.length - 3} more...` : shown;
}

/** `host:port`, with an IPv6 host in brackets. */
export function joinHostPort(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/** How a kind is shown that has no columns of its own (NewDefaultTableConvertor in Kubernetes). */
export const plainPrinter: Printer<StoredObject> = {
  columns: [NAME, { ...text('Created At', 'When the object was created.'), type: 'date' }],
  cells: ({ metadata }) => [metadata.name, metadata.creationTimestamp],
};
