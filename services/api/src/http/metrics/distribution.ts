/** How values spread over buckets, as a histogram of Prometheus has it. Cheap to add to: it is asked for with every request. */
export class Distribution {
  sum = 0;

  /** Of each bucket alone; the last is what is above every bound. */
  readonly #counts: Float64Array;

  /** @param bounds upper bounds of the buckets, rising */
  constructor(readonly bounds: readonly number[]) {
    this.#counts = new Float64Array(bounds.length + 1);
  }

  observe(value: number): void {
    const { bounds } = this;
    let bucket = 0;
    while (bucket < bounds.length && value > (bounds[bucket] as number)) bucket += 1;
    this.#counts[bucket] = (this.#counts[bucket] as number) + 1;
    this.sum += value;
  }

  /** How many values there were up to each bound, and last in all. */
  cumulative(): number[] {
    let sum = 0;
    return [...this.#counts].map((count) => (sum += count));
  }
}
