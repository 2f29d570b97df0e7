/** Time as a hollow runtime takes it: the machine's, or that of a simulation. */
export interface Clock {
  /** Epoch milliseconds. */
  now(): number;
  /** Runs something later; returns what keeps it from that. */
  after(milliseconds: number, work: () => void): () => void;
}

/** The machine's. */
export const REAL_TIME: Clock = {
  now: () => Date.now(),
  after: (milliseconds, work) => {
    const timer = setTimeout(work, Math.min(milliseconds, LONGEST_TIMER_MS));
    return () => clearTimeout(timer);
  },
};

/** What `setTimeout` takes. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;
