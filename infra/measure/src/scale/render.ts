import type { Load } from './state-load';

const MEGABYTE = 1024 * 1024;

/** What a service needs with so many pods. */
export interface ServiceFigures {
  readonly service: string;
  /** Bytes of heap for each pod. */
  readonly heapEach: number;
  /** Bytes of memory, of the process. */
  readonly rss: number;
  /** Milliseconds of the longest turn: while it loaded, while it proved, while pods changed. */
  readonly longest: readonly number[];
}

export function renderServices(figures: readonly ServiceFigures[]): string {
  const head = ['', 'heap a pod', 'memory', 'longest turn: loading', 'proving', 'under writes'];
  const rows = figures.map(({ service, heapEach, rss, longest }) => [
    service,
    `${Math.round(heapEach)} B`,
    `${Math.round(rss / MEGABYTE)} MB`,
    ...longest.map((ms) => `${Math.round(ms)} ms`),
  ]);
  return aligned([head, ...rows]);
}

export function renderLoads(loads: readonly Load[]): string {
  const head = ['a load of the state', 'objects', 'on the wire', 'takes', "of it the reader's processor"];
  const rows = loads.map(({ encoding, objects, bytes, ms, cpuMs }) => [
    encoding === undefined ? 'as it is' : 'compressed',
    String(objects),
    `${(bytes / MEGABYTE).toFixed(1)} MB`,
    `${(ms / 1_000).toFixed(1)} s`,
    `${(cpuMs / 1_000).toFixed(1)} s`,
  ]);
  return aligned([head, ...rows]);
}

/** The first column to the left, the others to the right. */
function aligned(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  const cell = (text: string, column: number): string =>
    column === 0 ? text.padEnd(widths[column] ?? 0) : text.padStart(widths[column] ?? 0);
  return rows.map((row) => `    ${row.map(cell).join('   ')}`).join('\n');
}
