interface Interval {
  readonly first: number;
  readonly last: number;
}

/** Indexes of a Job's pods, as intervals: a Job may have 100,000 of them, and says them as `1,3-5,7`. */
export class IndexSet {
  /** In order, not touching each other. */
  private constructor(private readonly intervals: readonly Interval[]) {}

  static readonly EMPTY = new IndexSet([]);

  static of(indexes: Iterable<number>): IndexSet {
    return new IndexSet(joined([...indexes].map((index) => ({ first: index, last: index }))));
  }

  /** Reads `1,3-5,7`; what is no such text, or is not below a number of completions, is passed over. */
  static parse(text: string | undefined, below: number): IndexSet {
    const intervals = (text ?? '').split(',').flatMap((part) => {
      const [, first, last] = /^(\d+)(?:-(\d+))?$/.exec(part) ?? [];
      if (first === undefined) return [];
      const interval = { first: Number(first), last: Math.min(Number(last ?? first), below - 1) };
      return interval.first <= interval.last ? [interval] : [];
    });
    return new IndexSet(joined(intervals));
  }

  get size(): number {
    return this.intervals.reduce((sum, { first, last }) => sum + last - first + 1, 0);
  }

  has(index: number): boolean {
    let [low, high] = [0, this.intervals.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.intervals[middle]?.last ?? 0) < index) low = middle + 1;
      else high = middle;
    }
    return (this.intervals[low]?.first ?? Infinity) <= index;
  }

  union(...others: readonly IndexSet[]): IndexSet {
    return new IndexSet(joined([this, ...others].flatMap(({ intervals }) => intervals)));
  }

  /** How many indexes are in both. */
  common(other: IndexSet): number {
    let count = 0;
    for (let i = 0, k = 0; ;) {
      const [a, b] = [this.intervals[i], other.intervals[k]];
      if (a === undefined || b === undefined) return count;
      count += Math.max(0, Math.min(a.last, b.last) - Math.max(a.first, b.first) + 1);
      if (a.last < b.last) i++;
      else k++;
    }
  }

  /** The first so many indexes below a number that are not in it. */
  missing(count: number, below: number): number[] {
    const found: number[] = [];
    let candidate = 0;
    for (const { first, last } of [...this.intervals, { first: below, last: below }]) {
      for (; candidate < Math.min(first, below) && found.length < count; candidate++) found.push(candidate);
      candidate = Math.max(candidate, last + 1);
    }
    return found;
  }

  /** As a Job's status has it: two that follow each other are named both, more by the first and the last. */
  toString(): string {
    return this.intervals
      .map(({ first, last }) => {
        if (first === last) return `${first}`;
        return last === first + 1 ? `${first},${last}` : `${first}-${last}`;
      })
      .join(',');
  }
}

function joined(intervals: readonly Interval[]): Interval[] {
  const result: Interval[] = [];
  for (const { first, last } of [...intervals].sort((a, b) => a.first - b.first)) {
    const before = result.at(-1);
    if (before === undefined || first > before.last + 1) result.push({ first, last });
    else if (last > before.last) result[result.length - 1] = { first: before.first, last };
  }
  return result;
}
