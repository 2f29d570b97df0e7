import type { StoredPod } from '@shiplog/kube';
import type { End } from './ending';
import { isCounted } from './failure-policy';
import { IndexSet } from './index-set';
import { indexOf, isFailed, isTracked } from './job-pods';
import { indexBelow, type Tally } from './tally';

/** Pods whose end is counted in one attempt, at most: their uids are in the status until they are let go. */
const MOST_UNCOUNTED = 500;

/**
 * How ends are counted, each exactly once whatever is lost or repeated: a pod's uid is written to the status first; when it is
 * read there, the pod is let go by its finalizer; when that is gone, the uid leaves the status and a counter grows, in one write.
 * Of an index that has succeeded, its number says as much as a uid.
 */
export interface EndRecord {
  readonly uncounted: { readonly succeeded: readonly string[]; readonly failed: readonly string[] };
  /** What the counters grow by. */
  readonly counted: { readonly succeeded: number; readonly failed: number };
  readonly done: IndexSet;
  /** Whose end the status tells, or whose end does not count. */
  readonly release: readonly StoredPod[];
  /** Whether every end is in the counters, and no pod is held any more. */
  readonly isWhole: boolean;
}

/** `end`: what the status says already. */
export function recordEnds(counts: Tally, end: End | undefined): EndRecord {
  const { job, pods } = counts;
  const stored = job.status?.uncountedTerminatedPods;
  const held = new Set(pods.filter(isTracked).map(({ metadata }) => metadata.uid));
  const stay = { succeeded: still(stored?.succeeded, held), failed: still(stored?.failed, held) };
  const known = new Set([...stay.succeeded, ...stay.failed]);
  const fresh = { succeeded: [] as string[], failed: [] as string[], done: [] as number[] };
  const release: StoredPod[] = [];
  for (const pod of pods) {
    const { uid } = pod.metadata;
    if (!held.has(uid)) continue;
    const isFull = known.size + fresh.succeeded.length + fresh.failed.length + fresh.done.length >= MOST_UNCOUNTED;
    const outcome = known.has(uid) ? 'release' : isFull ? 'hold' : outcomeOf(pod, counts, end);
    if (outcome === 'release') release.push(pod);
    else if (outcome === 'done') fresh.done.push(indexOf(pod) ?? 0);
    else if (outcome !== 'hold') fresh[outcome].push(uid);
  }
  const uncounted = {
    succeeded: [...stay.succeeded, ...fresh.succeeded],
    failed: [...stay.failed, ...fresh.failed],
  };
  return {
    uncounted,
    counted: {
      succeeded: (stored?.succeeded?.length ?? 0) - stay.succeeded.length,
      failed: (stored?.failed?.length ?? 0) - stay.failed.length,
    },
    done: counts.done.before.union(IndexSet.of(fresh.done)),
    release,
    isWhole: held.size === 0,
  };
}

type Outcome = 'hold' | 'release' | 'done' | 'succeeded' | 'failed';

function outcomeOf(pod: StoredPod, { job, spec, isIndexed, done, toReplace }: Tally, end: End | undefined): Outcome {
  const index = indexBelow(pod, spec.completions ?? 0);
  if (pod.status?.phase === 'Succeeded') {
    if (!isIndexed) return 'succeeded';
    return index === undefined || done.before.has(index) ? 'release' : 'done';
  }
  const hasFailed = isFailed(pod, spec);
  const isOver = end !== undefined || job.metadata.deletionTimestamp !== undefined;
  if (!isOver && (!hasFailed || (index !== undefined && toReplace.get(index) === pod))) return 'hold';
  // Of a Job that fails, all that have not succeeded have failed.
  if (!hasFailed && end?.type !== 'FailureTarget') return 'release';
  if (isIndexed && index === undefined) return 'release';
  return isCounted(spec.podFailurePolicy, pod) ? 'failed' : 'release';
}

function still(uids: readonly string[] = [], held: ReadonlySet<string>): string[] {
  return uids.filter((uid) => held.has(uid));
}
