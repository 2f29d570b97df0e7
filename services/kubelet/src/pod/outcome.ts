/** What tasks wait for that need not be tried before: a sandbox is on its way. */
export type Awaited = 'sandbox';

/** How a task of a pod ended, and so when it may be begun again if it is still to be done. */
export type Outcome =
  /** It did what it was to do. */
  | { readonly kind: 'done' }
  /** It failed. Without a time: after a back-off that doubles with each failure in a row. */
  | { readonly kind: 'again'; readonly afterMs?: number }
  /** It can't be done before something else has happened; tried all the same after `atLatestMs`, or the back-off. */
  | { readonly kind: 'until'; readonly event: Awaited; readonly atLatestMs?: number };

export const DONE: Outcome = { kind: 'done' };
export const AGAIN: Outcome = { kind: 'again' };

/** Kubernetes' kubelet looks at a pod that failed again after at most so long (`workerBackOffPeriod`). */
export const LONGEST_WAIT_MS = 10_000;
/** Between attempts at a task that fails again and again. */
export const BACK_OFF = { firstMs: 500, longestMs: LONGEST_WAIT_MS };
