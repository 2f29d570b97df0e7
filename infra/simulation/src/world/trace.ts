/** Lines kept: what led to a violation, and not what came long before. */
const KEPT = 400;

/** What happened, in lines. */
export class Trace {
  #lines: string[] = [];

  constructor(private readonly now: () => number) {}

  say(who: string, description: string): void {
    this.#lines.push(`${(this.now() / 1000).toFixed(4).padStart(9)} s  ${who.padEnd(14)} ${description}`);
    if (this.#lines.length > 2 * KEPT) this.#lines = this.#lines.slice(-KEPT);
  }

  /** The last ones, oldest first. */
  last(count: number): string[] {
    return this.#lines.slice(-count);
  }
}
