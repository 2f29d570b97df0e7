import { deletionOf, type StoredPod } from '@shiplog/kube';
import type { PlannedCommand } from '../../runtime/domain/controller';
import { MOST_PODS_AT_ONCE } from '../../domain/pod-making';
import { byUsefulness } from '../../domain/replicas/deletion-order';
import { backOffMs, indexBackOffMs } from './back-off';
import { IndexSet } from './index-set';
import { indexOf, isFailed, isTracked, untrack, waitsForEnd } from './job-pods';
import { indexBelow, type Tally } from './tally';

/** What brings a Job's pods to the number that it wants. */
export interface Scaling {
  readonly remove: readonly StoredPod[];
  /** How many pods to make; of an indexed Job, of which indexes. */
  readonly create: readonly (number | undefined)[];
  /** Until pods may be made that are missing, but whose time has not come. */
  readonly waitMs?: number;
}

const REST: Scaling = { remove: [], create: [] };

/** Pods to remove, or else to make: never both at once, and never more than are left to succeed. */
export function scale(counts: Tally, nowMs: number): Scaling {
  const { spec, active, terminating } = counts;
  const wanted = wantedOf(counts);
  const remove = surplus(counts, Math.max(0, active.length - wanted), nowMs).slice(0, MOST_PODS_AT_ONCE);
  if (remove.length > 0) return { ...REST, remove };
  if (spec.suspend === true) return REST;
  const blocked = waitsForEnd(spec) ? terminating.length : 0;
  const missing = Math.min(wanted - blocked - active.length, MOST_PODS_AT_ONCE);
  if (missing <= 0) return REST;
  if (counts.failedIndexes !== undefined) return missingIndexes(counts, missing, nowMs);
  const waitMs = backOffMs(failures(counts), successes(counts), nowMs);
  if (waitMs > 0) return { ...REST, waitMs };
  return {
    ...REST,
    create: counts.isIndexed ? pending(counts, missing) : Array.from({ length: missing }, () => undefined),
  };
}

/** Takes a pod of too many away: it does not count as failed. */
export function removal(pod: StoredPod): PlannedCommand[] {
  return [...(isTracked(pod) ? [untrack(pod)] : []), deletionOf('pods', pod)];
}

function wantedOf({ spec, active, succeeded }: Tally): number {
  const { completions, parallelism = 1, suspend = false } = spec;
  if (suspend) return 0;
  // Who does not say how many must succeed lets those run that do when one of them has.
  if (completions === undefined) return succeeded > 0 ? active.length : parallelism;
  return Math.max(0, Math.min(completions - succeeded, parallelism));
}

/** Active pods that are not to be: those of no index, all but one of an index, and so many others. */
function surplus({ isIndexed, active, spec }: Tally, least: number, nowMs: number): StoredPod[] {
  const { completions = 0 } = spec;
  const order = byUsefulness(active, nowMs);
  if (!isIndexed) return order.slice(0, least);
  const last = new Map(order.map((pod) => [indexBelow(pod, completions), pod]));
  const isExtra = (pod: StoredPod): boolean => {
    const index = indexBelow(pod, completions);
    return index === undefined || last.get(index) !== pod;
  };
  const extra = order.filter(isExtra);
  const others = order.filter((pod) => !isExtra(pod));
  return [...extra, ...others.slice(0, Math.max(0, least - extra.length))];
}

/** Each index waits for itself after its failures. */
function missingIndexes(counts: Tally, missing: number, nowMs: number): Scaling {
  const waits = pending(counts, missing).map((index) => ({
    index,
    waitMs: indexBackOffMs(counts.toReplace.get(index), nowMs),
  }));
  const create = waits.filter(({ waitMs }) => waitMs === 0).map(({ index }) => index);
  const later = waits.filter(({ waitMs }) => waitMs > 0).map(({ waitMs }) => waitMs);
  return { ...REST, create, ...(later.length === 0 ? {} : { waitMs: Math.min(...later) }) };
}

/** The first indexes that have neither come to an end nor a pod. */
function pending({ spec, active, terminating, done, failedIndexes }: Tally, count: number): number[] {
  const indexesOf = (pods: readonly StoredPod[]) => IndexSet.of(pods.flatMap((pod) => indexOf(pod) ?? []));
  const taken = done.now.union(
    indexesOf(active),
    waitsForEnd(spec) ? indexesOf(terminating) : IndexSet.EMPTY,
    failedIndexes ?? IndexSet.EMPTY,
  );
  return taken.missing(count, spec.completions ?? 0);
}

/** Those that a Job removed itself have nothing to say of how it fares. */
function failures({ pods, spec }: Tally): StoredPod[] {
  return pods.filter((pod) => isFailed(pod, spec) && (isTracked(pod) || pod.metadata.deletionTimestamp === undefined));
}

function successes({ pods }: Tally): StoredPod[] {
  return pods.filter(({ status }) => status?.phase === 'Succeeded');
}
