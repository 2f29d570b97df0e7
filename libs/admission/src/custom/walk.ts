import { Problems } from '@shiplog/apimachinery';

/**
 * Steps that the validation of one object may take: a look at a value with a keyword, a text's characters in a pattern by a
 * hundred. What any object of 3 MiB needs with the schemas of charts is a tenth of it; it is a fraction of a second.
 */
const STEPS = 3_000_000;

/** Steps that an attempt with a branch of anyOf and its like takes for itself. */
const ATTEMPT = 20;

type Budget = { left: number };

/** The validation of one object: what was found, and what it may still cost. */
export class Walk {
  readonly problems: Problems;

  private constructor(
    private readonly isQuiet: boolean,
    private readonly budget: Budget,
  ) {
    this.problems = isQuiet ? new Problems(1) : new Problems();
  }

  static start(): Walk {
    return new Walk(false, { left: STEPS });
  }

  /** The same walk, whose findings may come to nothing. A quiet one ends with the first thing that it finds. */
  aside({ quiet }: { quiet: boolean }): Walk {
    this.budget.left -= ATTEMPT;
    return new Walk(quiet || this.isQuiet, this.budget);
  }

  /** Whether there is still something to spend after so many steps. */
  spend(steps: number): boolean {
    this.budget.left -= steps;
    return this.budget.left >= 0;
  }

  /** Whether the validation was given up: the object is to be refused. */
  get exhausted(): boolean {
    return this.budget.left < 0;
  }
}
