import type { StoredPod } from '@shiplog/kube';
import { failuresBefore, finishedAtMs } from './job-pods';

const FIRST_MS = 10_000;
const LONGEST_MS = 600_000;

/**
 * How long until a Job makes another pod: after each failure since the last success twice as long as before, counted from
 * when the last one ended. It is read off the pods that are still there, so a new controller waits as the one before it.
 */
export function backOffMs(failed: readonly StoredPod[], succeeded: readonly StoredPod[], nowMs: number): number {
  const lastSuccess = latest(succeeded);
  const since = failed.map(finishedAtMs).filter((at) => at > lastSuccess);
  return remainingMs(since.length, Math.max(...since), nowMs);
}

/** How long until an index gets another pod in place of its last one, which failed. */
export function indexBackOffMs(last: StoredPod | undefined, nowMs: number): number {
  if (last === undefined) return 0;
  const { counted, ignored } = failuresBefore(last);
  return remainingMs(counted + ignored + 1, finishedAtMs(last), nowMs);
}

function remainingMs(failures: number, lastMs: number, nowMs: number): number {
  if (failures === 0) return 0;
  const wait = Math.min(FIRST_MS * 2 ** Math.min(failures - 1, 10), LONGEST_MS);
  // A clock that was set back makes nobody wait for longer than that.
  return Math.min(Math.max(0, lastMs + wait - nowMs), wait);
}

function latest(pods: readonly StoredPod[]): number {
  return pods.reduce((last, pod) => Math.max(last, finishedAtMs(pod)), -Infinity);
}
