import type { Random } from '../world/random';

/** How likely what is, while faults are on. Each run has a profile of its own, so that kinds of faults meet in all ways. */
export interface FaultProfile {
  /** A message on its way to a subscriber. */
  readonly lose: number;
  readonly double: number;
  readonly reorder: number;
  /** It takes up to a second. */
  readonly delay: number;
  /** A statement whose connection breaks before the database has done it, or after. */
  readonly breakBefore: number;
  readonly breakAfter: number;
  /** A statement that takes up to three seconds. */
  readonly slow: number;
  /** Mean time between two larger faults (a crash, a pause, a cut), in milliseconds. */
  readonly everyMs: number;
}

/** Nothing goes wrong. */
export const NONE: FaultProfile = {
  lose: 0,
  double: 0,
  reorder: 0,
  delay: 0,
  breakBefore: 0,
  breakAfter: 0,
  slow: 0,
  everyMs: Infinity,
};

/** What goes wrong in small, as long as it is on. */
export class Faults {
  #on: FaultProfile = NONE;

  constructor(readonly profile: FaultProfile) {}

  get now(): FaultProfile {
    return this.#on;
  }

  begin(): void {
    this.#on = this.profile;
  }

  end(): void {
    this.#on = NONE;
  }
}

/** Some kinds of faults are left out of each run: what only one of them shows is not hidden behind the others. */
export function profileOf(random: Random): FaultProfile {
  const some = (...of: number[]): number => random.pick(of);
  return {
    lose: some(0, 0, 0.003, 0.03),
    double: some(0, 0, 0.01, 0.05),
    reorder: some(0, 0, 0.01, 0.05),
    delay: some(0, 0, 0.005, 0.03),
    breakBefore: some(0, 0, 0.002, 0.01),
    breakAfter: some(0, 0, 0.002, 0.01),
    slow: some(0, 0, 0.005, 0.02),
    everyMs: some(700, 1_500, 3_000),
  };
}
