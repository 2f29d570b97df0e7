import type { LogFn, Logger, LoggerOptions } from 'pino';

/** Lines that all nodes together may log in a second: when NATS goes, thousands of them have the same to say. */
const LINES_A_SECOND = 50;

/** Keeps what many say at once within a budget, and tells how much was left out. */
export class LineBudget {
  #second = 0;
  #lines = 0;
  #leftOut = 0;

  constructor(
    private readonly tellOf: (leftOut: number) => void,
    private readonly now: () => number = Date.now,
    private readonly lines = LINES_A_SECOND,
  ) {}

  /** Whether one more line may be written. */
  allows(): boolean {
    const second = Math.floor(this.now() / 1_000);
    if (second !== this.#second) this.#begin(second);
    if (this.#lines >= this.lines) {
      this.#leftOut++;
      return false;
    }
    this.#lines++;
    return true;
  }

  #begin(second: number): void {
    this.#second = second;
    this.#lines = 0;
    const leftOut = this.#leftOut;
    this.#leftOut = 0;
    if (leftOut > 0) this.tellOf(leftOut);
  }
}

/** The hook of a logger whose lines have a budget. */
export function budgetHook(budget: LineBudget): NonNullable<LoggerOptions['hooks']> {
  return {
    logMethod(this: Logger, args: Parameters<LogFn>, method: LogFn): void {
      if (budget.allows()) method.apply(this, args);
    },
  };
}
