import type { Mutation } from './mutation';
import type { Outcome } from './run';
import type { Work } from './worker';

/** How far the search for one fault has come. */
interface Sought {
  readonly name: string;
  /** Seeds that were given out. */
  given: number;
  /** Those of them that are done. */
  done: number;
  /** The first seed that has shown it, and by what. */
  found?: { readonly seed: number; readonly invariant: string };
  /** What was violated beside, that need not be. */
  readonly others: Set<string>;
}

/** Looks for each of some faults in one seed after the other, until it is found by what it must break. */
export class Search {
  readonly #sought: readonly Sought[];

  /**
   * @param from the first seed
   * @param seeds in how many each has to be found
   */
  constructor(
    private readonly mutations: Readonly<Record<string, Mutation>>,
    private readonly from: number,
    private readonly seeds: number,
  ) {
    this.#sought = Object.keys(mutations).map((name) => ({ name, given: 0, done: 0, others: new Set() }));
  }

  /** What is to be run next: of a fault that is not looked for at the moment, if there is one left. */
  next(): Work | undefined {
    const open = this.#sought.filter(({ given, found }) => found === undefined && given < this.seeds);
    const sought = open.find(({ given, done }) => given === done) ?? open[0];
    return sought && { seed: this.from + sought.given++, mutation: sought.name };
  }

  /** Returns what is to be told, once a fault is found or given up. */
  done({ mutation = '', seed }: Work, { violation }: Outcome): string | undefined {
    const sought = this.#sought.find(({ name }) => name === mutation);
    if (sought === undefined) return undefined;
    sought.done++;
    if (sought.found !== undefined) return undefined;
    const { invariant } = violation ?? {};
    if (invariant !== undefined && this.mutations[mutation]?.found.includes(invariant) === true) {
      sought.found = { seed, invariant };
      return `✓ ${mutation}: found in seed ${seed}: ${invariant}`;
    }
    if (invariant !== undefined) sought.others.add(invariant);
    if (sought.done < this.seeds) return undefined;
    const others = sought.others.size === 0 ? '' : `, but for: ${[...sought.others].join('; ')}`;
    return `✗ ${mutation}: not found in ${this.seeds} seeds${others}`;
  }

  /** Whether each was found. */
  get isComplete(): boolean {
    return this.#sought.every(({ found }) => found !== undefined);
  }
}
