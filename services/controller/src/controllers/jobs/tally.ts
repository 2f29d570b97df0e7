import type { JobSpec, ObjectOf } from '@shiplog/contracts';
import type { StoredPod } from '@shiplog/kube';
import { isPodActive, isPodFinished } from '../../domain/pods';
import { writtenEnd } from './ending';
import { isCounted, judge } from './failure-policy';
import { IndexSet } from './index-set';
import { failuresBefore, finishedAtMs, indexOf, isFailed, isTracked } from './job-pods';

export type StoredJob = ObjectOf<'jobs.batch'>;

/** What a Job's pods come to, beside what its status knows already. */
export interface Tally {
  readonly job: StoredJob;
  readonly spec: JobSpec;
  readonly isIndexed: boolean;
  /** All of them, of an indexed Job by index. */
  readonly pods: readonly StoredPod[];
  readonly active: readonly StoredPod[];
  /** On their way out, but not at their end. */
  readonly terminating: readonly StoredPod[];
  /** Pods that have ended, or go without having come to an end, and of which the status says nothing yet. */
  readonly ended: readonly StoredPod[];
  /** How many have succeeded and failed in all; of an indexed Job, how many indexes have succeeded. */
  readonly succeeded: number;
  readonly failed: number;
  /** Indexes that have succeeded, by the status; and with what has ended since. */
  readonly done: { readonly before: IndexSet; readonly now: IndexSet };
  /** Indexes that have failed for good; undefined where pods are not counted by index. */
  readonly failedIndexes: IndexSet | undefined;
  /** By index the last of its pods where that failed: it stays until another has its place, and goes on counting from it. */
  readonly toReplace: ReadonlyMap<number, StoredPod>;
}

export function tally(job: StoredJob, owned: readonly StoredPod[]): Tally {
  const spec = job.spec ?? { template: {} };
  const isIndexed = spec.completionMode === 'Indexed';
  const { completions = 0 } = spec;
  const { uncountedTerminatedPods: uncounted, completedIndexes, succeeded = 0, failed = 0 } = job.status ?? {};
  const pods = isIndexed ? byIndex(owned) : owned;
  const known = new Set([...(uncounted?.succeeded ?? []), ...(uncounted?.failed ?? [])]);
  const isOpen = (pod: StoredPod): boolean =>
    isTracked(pod) && !known.has(pod.metadata.uid) && (!isIndexed || indexBelow(pod, completions) !== undefined);
  const ended = pods.filter((pod) => isOpen(pod) && (pod.status?.phase === 'Succeeded' || isFailed(pod, spec)));
  const newlySucceeded = ended.filter(({ status }) => status?.phase === 'Succeeded');
  const newlyFailed = ended.filter((pod) => pod.status?.phase !== 'Succeeded' && isCounted(spec.podFailurePolicy, pod));
  const before = isIndexed ? IndexSet.parse(completedIndexes, completions) : IndexSet.EMPTY;
  const now = isIndexed ? before.union(IndexSet.of(newlySucceeded.flatMap((pod) => indexOf(pod) ?? []))) : before;
  const counts = {
    job,
    spec,
    isIndexed,
    pods,
    active: pods.filter(isPodActive),
    terminating: pods.filter((pod) => pod.metadata.deletionTimestamp !== undefined && !isPodFinished(pod)),
    ended,
    succeeded: isIndexed ? now.size : succeeded + newlySucceeded.length + (uncounted?.succeeded?.length ?? 0),
    failed: failed + newlyFailed.length + (uncounted?.failed?.length ?? 0),
    done: { before, now },
  };
  if (!isIndexed || spec.backoffLimitPerIndex === undefined) {
    return { ...counts, failedIndexes: undefined, toReplace: new Map() };
  }
  const failedIndexes = failedOf(job, spec, pods);
  return { ...counts, failedIndexes, toReplace: toReplace(counts, failedIndexes) };
}

/** The pod's index, where the Job has one of that number. */
export function indexBelow(pod: StoredPod, completions: number): number | undefined {
  const index = indexOf(pod);
  return index !== undefined && index < completions ? index : undefined;
}

function failedOf(job: StoredJob, spec: JobSpec, pods: readonly StoredPod[]): IndexSet {
  const { completions = 0 } = spec;
  const before = IndexSet.parse(job.status?.failedIndexes, completions);
  // Pods that are removed at the end say nothing of their indexes.
  if (writtenEnd(job) !== undefined) return before;
  const fresh = pods.flatMap((pod) => {
    const index = indexBelow(pod, completions);
    return index !== undefined && isTracked(pod) && endsIndex(pod, spec) ? [index] : [];
  });
  return before.union(IndexSet.of(fresh));
}

/** Whether a pod's failure is the last that its index may have. */
function endsIndex(pod: StoredPod, spec: JobSpec): boolean {
  if (!isFailed(pod, spec)) return false;
  const { action } = judge(spec.podFailurePolicy, pod);
  if (action === 'FailIndex') return true;
  return action !== 'Ignore' && failuresBefore(pod).counted >= (spec.backoffLimitPerIndex ?? 0);
}

function toReplace(
  { spec, pods, active, done }: Pick<Tally, 'spec' | 'pods' | 'active' | 'done'>,
  failedIndexes: IndexSet,
): Map<number, StoredPod> {
  const taken = new Set(active.map(indexOf));
  const last = new Map<number, StoredPod>();
  for (const pod of pods) {
    const index = indexBelow(pod, spec.completions ?? 0);
    if (index === undefined || !isTracked(pod) || !isFailed(pod, spec)) continue;
    if (taken.has(index) || done.now.has(index) || failedIndexes.has(index)) continue;
    const other = last.get(index);
    if (other === undefined || isLater(pod, other)) last.set(index, pod);
  }
  return last;
}

function isLater(pod: StoredPod, other: StoredPod): boolean {
  const difference = allFailures(pod) - allFailures(other);
  return difference > 0 || (difference === 0 && finishedAtMs(pod) >= finishedAtMs(other));
}

function allFailures(pod: StoredPod): number {
  const { counted, ignored } = failuresBefore(pod);
  return counted + ignored;
}

function byIndex(pods: readonly StoredPod[]): StoredPod[] {
  return [...pods].sort((a, b) => (indexOf(a) ?? -1) - (indexOf(b) ?? -1));
}
