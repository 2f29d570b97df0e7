/** What stands beside a figure: what limits it, measured in the same run on the same machine. */
export interface Beside {
  readonly description: string;
  readonly value: number;
  readonly unit: string;
}

/** What is to be reached: at least or at most so much, in the unit of the figure (or of its ratio). */
export type Goal =
  | { readonly kind: 'at-least'; readonly value: number }
  | { readonly kind: 'at-most'; readonly value: number }
  | { readonly kind: 'ratio-at-most'; readonly value: number }
  | { readonly kind: 'ratio-at-least'; readonly value: number };

/** One line of the result. */
export interface Figure {
  /** Unique; what later runs are compared by. */
  readonly id: string;
  readonly description: string;
  readonly value: number;
  readonly unit: string;
  readonly beside?: Beside;
  /** What Kubernetes 1.20 with etcd 3.4 does on such a machine, in words. */
  readonly kubernetes?: string;
  readonly goal?: Goal;
  /** Answers that were not what they should have been; never left out of sight. */
  readonly errors?: number;
  /** More numbers of the same measurement: `p50 ms`, `p99 ms` … */
  readonly details?: Readonly<Record<string, number>>;
  /** Processor time that each process took for one of it, in microseconds: steadier than rates where others run too. */
  readonly cpu?: Readonly<Record<string, number>>;
}

/** The figure over what stands beside it. */
export function ratioOf({ value, beside }: Figure): number | undefined {
  return beside === undefined || beside.value === 0 ? undefined : value / beside.value;
}

/** Whether the goal is reached; undefined without one. Errors are never a success. */
export function isMet(figure: Figure): boolean | undefined {
  const { goal, value, errors = 0 } = figure;
  if (goal === undefined) return undefined;
  if (errors > 0) return false;
  switch (goal.kind) {
    case 'at-least':
      return value >= goal.value;
    case 'at-most':
      return value <= goal.value;
    case 'ratio-at-most':
      return (ratioOf(figure) ?? Number.POSITIVE_INFINITY) <= goal.value;
    case 'ratio-at-least':
      return (ratioOf(figure) ?? 0) >= goal.value;
  }
}

/** The value below which a share of the numbers lies (0.5: the median); NaN of nothing. */
export function percentile(numbers: readonly number[], share: number): number {
  if (numbers.length === 0) return Number.NaN;
  const sorted = Float64Array.from(numbers).sort();
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] as number;
}

/** Rounded to three significant digits, and no digits after the point from 100 on. */
export function rounded(value: number): number {
  return Math.abs(value) >= 100 ? Math.round(value) : Number(value.toPrecision(3));
}
