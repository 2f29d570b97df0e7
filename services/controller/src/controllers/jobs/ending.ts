import type { JobCondition } from '@shiplog/contracts';
import { conditionOf, isConditionTrue } from '@shiplog/kube';
import type { Now } from '../../runtime/domain/controller';
import { timeOf } from '../../domain/pods';
import { judge } from './failure-policy';
import { isFailed } from './job-pods';
import { matchedRule } from './success-policy';
import type { StoredJob, Tally } from './tally';

/** That a Job is to end, and how: its condition is written before anything is done about it. */
export interface End {
  readonly type: 'SuccessCriteriaMet' | 'FailureTarget';
  readonly reason: string;
  readonly message: string;
}

const failure = (reason: string, message: string): End => ({ type: 'FailureTarget', reason, message });
const success = (reason: string, message: string): End => ({ type: 'SuccessCriteriaMet', reason, message });

/** Whether nothing happens to a Job any more. */
export function isJobFinished(job: StoredJob): boolean {
  return isConditionTrue(job, 'Complete') || isConditionTrue(job, 'Failed');
}

/** The end that was decided earlier. */
export function writtenEnd(job: StoredJob): End | undefined {
  for (const type of ['SuccessCriteriaMet', 'FailureTarget'] as const) {
    const condition: JobCondition | undefined = conditionOf(job, type);
    if (condition?.status !== 'True') continue;
    return { type, reason: condition.reason ?? '', message: condition.message ?? '' };
  }
  return undefined;
}

/** Whether a Job is to end now, and why; of several reasons the first in Kubernetes' order. */
export function decideEnd(counts: Tally, now: Now): End | undefined {
  return (
    failJob(counts) ?? pastLimits(counts, now) ?? pastIndexLimits(counts) ?? earlySuccess(counts) ?? allDone(counts)
  );
}

/** How long the Job may still take; undefined where it has no limit, or none that runs. */
export function untilDeadlineMs({ spec, job }: Tally, now: Now): number | undefined {
  const { activeDeadlineSeconds, suspend = false } = spec;
  const { startTime } = job.status ?? {};
  // One that goes on starts anew, and is about to say so.
  const starts = isConditionTrue(job, 'Suspended');
  if (activeDeadlineSeconds === undefined || suspend || starts || startTime === undefined) return undefined;
  return timeOf(startTime) + activeDeadlineSeconds * 1_000 - now.ms;
}

function failJob({ spec, pods }: Tally): End | undefined {
  if (spec.podFailurePolicy === undefined) return undefined;
  for (const pod of pods) {
    if (!isFailed(pod, spec)) continue;
    const verdict = judge(spec.podFailurePolicy, pod);
    if (verdict.action === 'FailJob') return failure('PodFailurePolicy', verdict.message);
  }
  return undefined;
}

function pastLimits(counts: Tally, now: Now): End | undefined {
  const { backoffLimit = 6 } = counts.spec;
  if (counts.failed > backoffLimit || restartsPast(counts, backoffLimit)) {
    return failure('BackoffLimitExceeded', 'Job has reached the specified backoff limit');
  }
  const left = untilDeadlineMs(counts, now);
  if (left === undefined || left > 0) return undefined;
  return failure('DeadlineExceeded', 'Job was active longer than specified deadline');
}

/** Containers that are started again where they are fail as pods do. */
function restartsPast({ spec, pods }: Tally, limit: number): boolean {
  if (spec.template.spec?.restartPolicy !== 'OnFailure') return false;
  let restarts = 0;
  for (const { status } of pods) {
    if (status?.phase !== 'Running' && status?.phase !== 'Pending') continue;
    const { initContainerStatuses = [], containerStatuses = [] } = status;
    for (const { restartCount } of [...initContainerStatuses, ...containerStatuses]) restarts += restartCount;
  }
  return limit === 0 ? restarts > 0 : restarts >= limit;
}

function pastIndexLimits({ spec, failedIndexes, done }: Tally): End | undefined {
  if (failedIndexes === undefined) return undefined;
  const { maxFailedIndexes, completions = 0 } = spec;
  if (maxFailedIndexes !== undefined && failedIndexes.size > maxFailedIndexes) {
    const message = 'Job has exceeded the specified maximal number of failed indexes';
    return failure('MaxFailedIndexesExceeded', message);
  }
  if (failedIndexes.size === 0 || failedIndexes.size + done.now.size < completions) return undefined;
  return failure('FailedIndexes', 'Job has failed indexes');
}

function earlySuccess({ spec, isIndexed, done }: Tally): End | undefined {
  if (!isIndexed) return undefined;
  const rule = matchedRule(spec.successPolicy, done.now, spec.completions ?? 0);
  return rule === undefined ? undefined : success('SuccessPolicy', `Matched rules at index ${rule}`);
}

function allDone({ spec: { completions }, active, succeeded }: Tally): End | undefined {
  const isDone = completions === undefined ? succeeded > 0 : succeeded >= completions;
  if (!isDone || active.length > 0) return undefined;
  return success('CompletionsReached', 'Reached expected number of succeeded pods');
}
