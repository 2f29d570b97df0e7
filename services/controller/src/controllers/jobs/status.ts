import type { JobCondition, JobStatus } from '@shiplog/contracts';
import { conditionOf, statusPatchOf } from '@shiplog/kube';
import { sameJson } from '@shiplog/apimachinery';
import type { Now, PlannedCommand } from '../../runtime/domain/controller';
import { isPodReady } from '../../domain/pods';
import type { End } from './ending';
import type { EndRecord } from './record';
import type { Tally } from './tally';

/** What a Job's status should say. `end` is there when it is to end, `isOver` when it has. */
export function observedStatus(
  { job, spec, isIndexed, active, terminating, failedIndexes }: Tally,
  record: EndRecord,
  { end, isOver }: { readonly end: End | undefined; readonly isOver: boolean },
  now: Now,
): JobStatus {
  const before = job.status ?? {};
  const isSuspended = spec.suspend === true;
  const resumes = !isSuspended && conditionOf(job, 'Suspended')?.status === 'True';
  const starts = resumes || (before.startTime === undefined && (!isSuspended || end !== undefined));
  const conditions = conditionsOf(before.conditions ?? [], isSuspended, end, isOver, now);
  const isComplete = isOver && end?.type === 'SuccessCriteriaMet';
  const { uncounted, counted, done } = record;
  return {
    startTime: starts ? now.time : before.startTime,
    completionTime: isComplete ? now.time : before.completionTime,
    active: positive(active.length),
    ready: active.filter(isPodReady).length,
    terminating: terminating.length,
    succeeded: positive(isIndexed ? done.size : (before.succeeded ?? 0) + counted.succeeded),
    failed: positive((before.failed ?? 0) + counted.failed),
    completedIndexes: isIndexed && done.size > 0 ? String(done) : undefined,
    failedIndexes: failedIndexes === undefined ? undefined : String(failedIndexes),
    uncountedTerminatedPods: {
      ...(uncounted.succeeded.length > 0 && { succeeded: [...uncounted.succeeded] }),
      ...(uncounted.failed.length > 0 && { failed: [...uncounted.failed] }),
    },
    conditions: conditions.length > 0 ? conditions : undefined,
  };
}

/** Fields that change while pods come and go: not worth a write of their own before it has settled. */
const FLEETING: readonly (keyof JobStatus)[] = ['active', 'ready', 'terminating', 'startTime'];

/**
 * The command that writes what is otherwise than stored. Counters are what they were and some more, so another's change since
 * must refuse it. `isMoving`: what is fleeting is about to change again.
 */
export function writeStatus({ job }: Tally, wanted: JobStatus, isMoving: boolean): PlannedCommand | undefined {
  const stored = job.status ?? {};
  const changed = (Object.keys(wanted) as (keyof JobStatus)[]).filter(
    (field) => !sameJson(stored[field], wanted[field]),
  );
  const isNews = (field: keyof JobStatus): boolean =>
    !FLEETING.includes(field) && !sameJson(stored[field] ?? {}, wanted[field] ?? {});
  if (changed.length === 0 || (isMoving && !changed.some(isNews))) return undefined;
  const status = Object.fromEntries(changed.map((field) => [field, patched(wanted[field])]));
  return statusPatchOf('jobs.batch', job, status, { patchType: 'merge', asSeen: true });
}

/** In a merge patch what is gone is null; of the pods whose end is yet to be counted, each of the two lists. */
function patched(value: JobStatus[keyof JobStatus]): unknown {
  if (value === undefined) return null;
  if (typeof value !== 'object' || Array.isArray(value)) return value;
  return { succeeded: null, failed: null, ...value };
}

function conditionsOf(
  before: readonly JobCondition[],
  isSuspended: boolean,
  end: End | undefined,
  isOver: boolean,
  now: Now,
): JobCondition[] {
  const fresh = (type: string, status: string, reason: string, message: string): JobCondition => ({
    type,
    status,
    lastProbeTime: now.time,
    lastTransitionTime: now.time,
    reason,
    message,
  });
  if (end === undefined) {
    const suspended = isSuspended
      ? fresh('Suspended', 'True', 'JobSuspended', 'Job suspended')
      : fresh('Suspended', 'False', 'JobResumed', 'Job resumed');
    return withCondition(before, suspended);
  }
  const ending = withCondition(before, fresh(end.type, 'True', end.reason, end.message));
  if (!isOver) return ending;
  const type = end.type === 'SuccessCriteriaMet' ? 'Complete' : 'Failed';
  return withCondition(ending, fresh(type, 'True', end.reason, end.message));
}

/** A condition that never was true is not said to be false. */
function withCondition(before: readonly JobCondition[], fresh: JobCondition): JobCondition[] {
  const i = before.findIndex(({ type }) => type === fresh.type);
  if (i < 0) return fresh.status === 'False' ? [...before] : [...before, fresh];
  const { status, reason, message } = before[i] ?? fresh;
  if (status === fresh.status && reason === fresh.reason && message === fresh.message) return [...before];
  return before.with(i, fresh);
}

function positive(count: number): number | undefined {
  return count > 0 ? count : undefined;
}
