import type { ObservedContainer } from '../../runtime/runtime';

/** Kubernetes' crash back-off: none for the first restart, then 10 s doubling to 5 min. */
const FIRST_BACKOFF_S = 10;
const LONGEST_BACKOFF_S = 300;
/** A container that lived this long starts over without back-off. */
const FORGIVEN_AFTER_MS = 600_000;

/** When a dead container's successor may start, and how long the successor's own successor will have to wait. */
export interface Restart {
  /** Epoch milliseconds. */
  readonly dueAt: number;
  /** The wait that leads to `dueAt`. */
  readonly waitSeconds: number;
  readonly nextBackoffSeconds: number;
}

/** Whether a container that ended so is started again under a restart policy. */
export function restartsAfter(policy: string, exitCode: number): boolean {
  return policy === 'Always' || (policy === 'OnFailure' && exitCode !== 0);
}

/**
 * The back-off of a dead container. All that it needs is written in the container's own labels and times, so it is the
 * same after a restart of the kubelet.
 */
export function restartOf(dead: ObservedContainer): Restart {
  if (dead.state.phase !== 'exited') throw new Error(`container ${dead.id} has not ended`);
  const finished = Date.parse(dead.state.finishedAt);
  const forgiven = finished - Date.parse(dead.state.startedAt) >= FORGIVEN_AFTER_MS;
  const waitSeconds = forgiven ? 0 : dead.backoffSeconds;
  return { dueAt: finished + waitSeconds * 1_000, waitSeconds, nextBackoffSeconds: doubled(waitSeconds) };
}

/** The back-off after one of `seconds`. */
export function doubled(seconds: number): number {
  return seconds === 0 ? FIRST_BACKOFF_S : Math.min(seconds * 2, LONGEST_BACKOFF_S);
}
