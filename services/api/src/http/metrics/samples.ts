import type { Distribution } from './distribution';
import type { Series } from './series';

/** One line of the page. */
export interface Sample {
  /** Where it is not that of its family: `<family>_bucket`, `_sum` and `_count`. */
  readonly metricName?: string;
  readonly labels: Record<string, string | number>;
  readonly value: number;
}

const COMPONENT = { component: 'apiserver' };

/** A line for each series and status code. */
export function requestCounts(all: Iterable<Series>): Sample[] {
  return [...all].flatMap(({ labels, codes }) =>
    [...codes].map(([code, value]) => ({ labels: { ...labels, ...COMPONENT, code }, value })),
  );
}

/** How long the requests of each series took. */
export function durations(name: string, all: Iterable<Series>): Sample[] {
  return [...all].flatMap(({ labels, seconds }) => linesOf(name, { ...labels, ...COMPONENT }, seconds));
}

/** How large the answers of each series were that shows objects. */
export function sizes(name: string, all: Iterable<Series>): Sample[] {
  return [...all].flatMap(({ labels: { dry_run: _, ...labels }, bytes }) =>
    bytes === undefined ? [] : linesOf(name, { ...labels, ...COMPONENT }, bytes),
  );
}

/** How many requests of each series go on that may be long. */
export function longRunning(all: Iterable<Series>): Sample[] {
  return [...all]
    .filter(({ isLong }) => isLong)
    .map(({ labels: { dry_run: _, ...labels }, running }) => ({ labels: { ...labels, ...COMPONENT }, value: running }));
}

function linesOf(name: string, labels: Sample['labels'], distribution: Distribution): Sample[] {
  const counts = distribution.cumulative();
  const count = counts.at(-1) ?? 0;
  if (count === 0) return [];
  const bounds: (number | string)[] = [...distribution.bounds, '+Inf'];
  return [
    ...bounds.map((le, index) => ({
      metricName: `${name}_bucket`,
      labels: { ...labels, le },
      value: counts[index] ?? 0,
    })),
    { metricName: `${name}_sum`, labels, value: distribution.sum },
    { metricName: `${name}_count`, labels, value: count },
  ];
}
