import type { JobSpec } from '@shiplog/contracts';
import { conditionOf, patchOf, type StoredPod } from '@shiplog/kube';
import type { PlannedCommand } from '../../runtime/domain/controller';
import { timeOf } from '../../domain/pods';

/** Keeps a pod of a Job from vanishing before its end is counted. */
export const TRACKING = 'batch.kubernetes.io/job-tracking';
export const INDEX = 'batch.kubernetes.io/job-completion-index';
/** How often pods of an index failed before this one, and how often that was ignored. */
export const INDEX_FAILURES = 'batch.kubernetes.io/job-index-failure-count';
export const IGNORED_FAILURES = 'batch.kubernetes.io/job-index-ignored-failure-count';

const MOST = 2 ** 31 - 1;

/** Whether a pod's end is yet to be counted. */
export function isTracked({ metadata: { finalizers = [] } }: StoredPod): boolean {
  return finalizers.includes(TRACKING);
}

/** Lets a pod go: its end is counted, or does not count. */
export function untrack(pod: StoredPod): PlannedCommand {
  return patchOf('pods', pod, { metadata: { '$deleteFromPrimitiveList/finalizers': [TRACKING] } });
}

/** The index of a pod of an indexed Job; undefined where it says none. */
export function indexOf({ metadata: { annotations = {} } }: StoredPod): number | undefined {
  const text = annotations[INDEX];
  return text !== undefined && /^[+]?\d{1,15}$/.test(text) ? Number(text) : undefined;
}

/** Failures of a pod's index before this pod: those that count, and those that a policy ignores. */
export function failuresBefore({ metadata: { annotations = {} } }: StoredPod): { counted: number; ignored: number } {
  return { counted: count(annotations[INDEX_FAILURES]), ignored: count(annotations[IGNORED_FAILURES]) };
}

/** Whether a pod's place is taken by another only when it has come to its end, not as soon as it is on its way there. */
export function waitsForEnd({ podReplacementPolicy, podFailurePolicy }: JobSpec): boolean {
  return podReplacementPolicy === 'Failed' || podFailurePolicy !== undefined;
}

/** Whether a pod counts as failed: also one on its way out, which may never come to say so, unless its end is waited for. */
export function isFailed({ metadata, status }: StoredPod, spec: JobSpec): boolean {
  if (status?.phase === 'Failed') return true;
  return !waitsForEnd(spec) && metadata.deletionTimestamp !== undefined && status?.phase !== 'Succeeded';
}

/** When a pod ended, in milliseconds, by what is known of it (getFinishedTime of Kubernetes' Job controller). */
export function finishedAtMs(pod: StoredPod): number {
  const ends = (pod.status?.containerStatuses ?? []).map(({ state }) => timeOf(state?.terminated?.finishedAt));
  if (ends.length > 0 && !ends.includes(0)) return Math.max(...ends);
  const ready = conditionOf(pod, 'Ready');
  if (ready?.status === 'False' && ready.lastTransitionTime !== undefined) return timeOf(ready.lastTransitionTime);
  const { deletionTimestamp, deletionGracePeriodSeconds = 0, creationTimestamp } = pod.metadata;
  if (deletionTimestamp === undefined) return timeOf(creationTimestamp);
  return timeOf(deletionTimestamp) - deletionGracePeriodSeconds * 1_000;
}

function count(text: string | undefined): number {
  const number = text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : 0;
  return number > MOST ? 0 : number;
}
