/** Past so many looks in one turn of the event loop, something goes round in microtasks. */
const BUDGET = 50;
/** What is over budget goes on after this pause: I/O and timers have their turn, and the CPU is nobody's own. */
const PAUSE_MS = 100;

/**
 * Lets one look at the pod follow on whatever happened, after all that has just happened has been told. Looks follow on
 * each other within a turn of the event loop only up to a budget: a worker that has something to do at every look can
 * not keep timers, I/O and other pods from their turn.
 */
export class Wakes {
  #woken = false;
  #looks = 0;
  #timer: NodeJS.Timeout | undefined;
  #over = false;
  #closed = false;

  constructor(
    private readonly look: () => void,
    /** Called when the budget is used up: once, until there was a turn within it. */
    private readonly overBudget: () => void,
  ) {}

  wake(): void {
    if (this.#woken || this.#closed) return;
    this.#woken = true;
    if (this.#looks < BUDGET) return queueMicrotask(() => this.#run());
    if (!this.#over) this.overBudget();
    this.#over = true;
    this.#timer = setTimeout(() => this.#run(), PAUSE_MS);
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
  }

  #run(): void {
    this.#woken = false;
    if (this.#closed) return;
    if (this.#looks++ === 0) setImmediate(() => this.#endTurn());
    this.look();
  }

  #endTurn(): void {
    if (this.#looks < BUDGET) this.#over = false;
    this.#looks = 0;
  }
}
