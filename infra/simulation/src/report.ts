import type { Options } from './options';
import type { Outcome } from './run';

/** How often progress is told where nobody sees a line change, in seeds. */
const EVERY = 25;

type Counted =
  | 'steps'
  | 'events'
  | 'answers'
  | 'reads'
  | 'decisions'
  | 'mishaps'
  | 'evictions'
  | 'refusedEvictions'
  | 'virtualSeconds';

/** Tells how it goes, what was violated, and how a violation is seen again. */
export class Report {
  readonly #started = Date.now();
  readonly #found = new Map<string, number[]>();
  #seeds = 0;
  readonly #sums: Record<Counted, number> = {
    steps: 0,
    events: 0,
    answers: 0,
    reads: 0,
    decisions: 0,
    mishaps: 0,
    evictions: 0,
    refusedEvictions: 0,
    virtualSeconds: 0,
  };

  constructor(private readonly options: Pick<Options, 'trace' | 'seed' | 'mutation'>) {}

  add(outcome: Outcome): void {
    this.#seeds++;
    for (const name of Object.keys(this.#sums) as Counted[]) this.#sums[name] += outcome[name];
    if (outcome.violation !== undefined) this.#violated(outcome, outcome.violation);
    const { isTTY } = process.stdout;
    const line = `  ${this.#seeds} seeds, ${this.#count()} violated, ${this.#perMinute()} a minute`;
    if (isTTY) process.stdout.write(`\r${line} `);
    else if (this.#seeds % EVERY === 0) process.stdout.write(`${line}\n`);
  }

  get hasFound(): boolean {
    return this.#found.size > 0;
  }

  /** Whether nothing was violated. */
  end(): boolean {
    const { steps, events, answers, reads, decisions, mishaps, evictions, refusedEvictions, virtualSeconds } =
      this.#sums;
    process.stdout.write(
      `\n  ${this.#seeds} seeds in ${((Date.now() - this.#started) / 1000).toFixed(1)} s (${this.#perMinute()} a minute): ` +
        `${Math.round(virtualSeconds / 60)} minutes of virtual time, ${steps} steps, ${mishaps} large faults, ` +
        `${events} events, ${answers} commands answered, ${reads} reads, ${decisions} decisions made again, ` +
        `${evictions} evictions within budgets, ${refusedEvictions} refused by them\n`,
    );
    for (const [invariant, seeds] of this.#found) {
      process.stdout.write(
        `  ✗ ${invariant}: ${seeds.length} (seeds ${seeds.slice(0, 12).join(', ')}${seeds.length > 12 ? ', …' : ''})\n`,
      );
    }
    if (this.#found.size === 0) process.stdout.write('  ✓ nothing was violated\n');
    return this.#found.size === 0;
  }

  #violated(
    { seed, trace, virtualSeconds }: Outcome,
    { invariant, detail, step }: NonNullable<Outcome['violation']>,
  ): void {
    const seeds = this.#found.get(invariant);
    if (seeds === undefined) this.#found.set(invariant, [seed]);
    else seeds.push(seed);
    process.stdout.write(
      `\n  ✗ seed ${seed}, step ${step}, ${virtualSeconds.toFixed(4)} s: ${invariant}\n    ${detail}\n`,
    );
    // Of many seeds, the first of each kind is shown whole.
    if (seeds !== undefined) return;
    process.stdout.write(`${trace.slice(-this.options.trace).join('\n')}\n`);
    if (this.options.seed === undefined)
      process.stdout.write(`    again: npm run simulate -- --seed ${seed}${this.#mutation}\n`);
  }

  get #mutation(): string {
    const { mutation } = this.options;
    return mutation === undefined ? '' : ` --mutation ${mutation}`;
  }

  #count(): number {
    return [...this.#found.values()].reduce((sum, seeds) => sum + seeds.length, 0);
  }

  #perMinute(): number {
    return Math.round((this.#seeds / Math.max(1, Date.now() - this.#started)) * 60_000);
  }
}
