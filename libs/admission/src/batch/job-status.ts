import type { Job, JobStatus } from '@shiplog/contracts';
import { type Problems, sameJson } from '@shiplog/apimachinery';
import { checkIndexes, overlapOf } from './indexes';

/** Conditions that a Job does not come back from. */
const TERMINAL = ['Failed', 'Complete', 'FailureTarget'] as const;
const COUNTS = ['active', 'succeeded', 'failed', 'ready', 'terminating'] as const;

type Type = (typeof TERMINAL)[number] | 'SuccessCriteriaMet' | 'Suspended';

/** A Job as it was and as it is to be; rules hold only for what has changed, so that what is wrong already locks nothing. */
interface Change {
  readonly job: Job;
  readonly now: JobStatus;
  readonly old: JobStatus;
  readonly problems: Problems;
  /** Whether a condition is true now, and whether that is new. */
  is(type: Type): boolean;
  was(type: Type): boolean;
  /** Whether one of these fields is another than before. */
  moved(...fields: (keyof JobStatus)[]): boolean;
}

const isTrue = ({ conditions = [] }: JobStatus, type: Type): boolean =>
  conditions.some((condition) => condition.type === type && condition.status === 'True');

/** Kubernetes' ValidateJobUpdateStatus, as of 1.32 where others than its own controller may manage a Job. */
export function validateJobStatus(job: Job, problems: Problems, before: Job): void {
  const [now, old] = [job.status ?? {}, before.status ?? {}];
  const change: Change = {
    job,
    now,
    old,
    problems,
    is: (type) => isTrue(now, type),
    was: (type) => isTrue(old, type),
    moved: (...fields) => fields.some((field) => !sameJson(now[field], old[field])),
  };
  for (const field of COUNTS) {
    const count = now[field] ?? 0;
    if (count < 0) problems.invalid(`status.${field}`, count, 'must be greater than or equal to 0');
  }
  validateUncounted(now, problems);
  validateConditions(change);
  validateTimes(change);
  validateFinished(change);
  validateIndexes(change);
  if (change.moved('ready', 'active') && now.ready !== undefined && now.ready > (now.active ?? 0)) {
    problems.invalid('status.ready', now.ready, 'cannot set more ready pods than active');
  }
  validateProgress(change);
}

function validateUncounted({ uncountedTerminatedPods: pods }: JobStatus, problems: Problems): void {
  const seen = new Set<string>();
  for (const field of ['succeeded', 'failed'] as const) {
    pods?.[field]?.forEach((uid, i) => {
      const at = `status.uncountedTerminatedPods.${field}[${i}]`;
      if (uid === '') problems.invalid(at, uid, 'must not be empty');
      else if (seen.has(uid)) problems.duplicate(at, uid);
      seen.add(uid);
    });
  }
}

function validateConditions({ job, problems, is, was }: Change): void {
  const turned = (...types: Type[]): boolean => types.some((type) => is(type) !== was(type));
  const met = is('SuccessCriteriaMet');
  const unfit = (detail: string): void => problems.unfit('status.conditions', detail);
  if (turned('Complete', 'Failed') && is('Complete') && is('Failed')) {
    unfit('cannot set Complete=True and Failed=true conditions');
  }
  if (turned('Complete', 'FailureTarget') && is('Complete') && is('FailureTarget')) {
    unfit('cannot set Complete=True and FailureTarget=true conditions');
  }
  if (turned('Failed', 'FailureTarget') && is('Failed') && !is('FailureTarget')) {
    unfit('cannot set Failed=True condition without the FailureTarget=true condition');
  }
  if (turned('Complete', 'SuccessCriteriaMet') && is('Complete') && !met) {
    unfit('cannot set Complete=True condition without the SuccessCriteriaMet=true condition');
  }
  if (met && is('Failed')) unfit('cannot set SuccessCriteriaMet=True and Failed=true conditions');
  if (met && is('FailureTarget')) unfit('cannot set SuccessCriteriaMet=True and FailureTarget=true conditions');
  if (job.spec?.successPolicy !== undefined && !met && is('Complete')) {
    unfit('cannot set Complete=True for Job with SuccessPolicy unless SuccessCriteriaMet=True');
  }
}

function validateTimes({ now, problems, is, was, moved }: Change): void {
  const { startTime, completionTime } = now;
  const isComplete = is('Complete');
  if (moved('completionTime') || isComplete !== was('Complete')) {
    if (completionTime !== undefined && !isComplete) {
      const rule = 'cannot set completionTime when there is no Complete=True condition';
      problems.invalid('status.completionTime', completionTime, rule);
    }
    if (completionTime === undefined && isComplete) {
      problems.required('status.completionTime', 'completionTime is required for Complete jobs');
    }
  }
  if (startTime === undefined || completionTime === undefined || !moved('startTime', 'completionTime')) return;
  if (completionTime < startTime) {
    problems.invalid('status.completionTime', completionTime, 'completionTime cannot be set before startTime');
  }
}

function validateFinished({ now, problems, is, was, moved }: Change): void {
  const isFinished = is('Complete') || is('Failed');
  if (!isFinished) return;
  const isNew = !was('Complete') && !was('Failed');
  const { active = 0, terminating = 0, startTime, uncountedTerminatedPods: uncounted } = now;
  if (active > 0 && (isNew || moved('active'))) {
    problems.invalid('status.active', active, 'active>0 is invalid for finished job');
  }
  if (startTime === undefined && (isNew || moved('startTime'))) {
    problems.required('status.startTime', 'startTime is required for finished job');
  }
  const left = (uncounted?.failed?.length ?? 0) + (uncounted?.succeeded?.length ?? 0);
  if (left > 0 && (isNew || moved('uncountedTerminatedPods'))) {
    const rule = 'uncountedTerminatedPods needs to be empty for finished job';
    problems.invalid('status.uncountedTerminatedPods', uncounted, rule);
  }
  if (terminating > 0 && (isNew || moved('terminating'))) {
    problems.invalid('status.terminating', terminating, 'terminating>0 is invalid for finished job');
  }
}

function validateIndexes({ job, now, problems, moved }: Change): void {
  const { completions, backoffLimitPerIndex, completionMode } = job.spec ?? {};
  const { completedIndexes = '', failedIndexes } = now;
  const check = (field: 'completedIndexes' | 'failedIndexes', text: string): void => {
    if (completions === undefined) return;
    const found = checkIndexes(text, completions);
    if ('problem' in found) problems.invalid(`status.${field}`, text, `error parsing ${field}: ${found.problem}`);
  };
  if (moved('completedIndexes')) check('completedIndexes', completedIndexes);
  if (moved('failedIndexes') && failedIndexes !== undefined && backoffLimitPerIndex !== undefined) {
    check('failedIndexes', failedIndexes);
  }
  if (moved('completedIndexes') && completedIndexes !== '' && completionMode !== 'Indexed') {
    const rule = 'cannot set non-empty completedIndexes when non-indexed completion mode';
    problems.invalid('status.completedIndexes', completedIndexes, rule);
  }
  if (failedIndexes === undefined) return;
  if (moved('failedIndexes') && backoffLimitPerIndex === undefined) {
    const rule = 'cannot set non-null failedIndexes when backoffLimitPerIndex is null';
    problems.invalid('status.failedIndexes', failedIndexes, rule);
  }
  if (completions === undefined || !moved('failedIndexes', 'completedIndexes')) return;
  const both = overlapOf(completedIndexes, failedIndexes, completions);
  if (both === undefined) return;
  const rule = `failedIndexes and completedIndexes overlap at index: ${both}`;
  problems.invalid('status.failedIndexes', failedIndexes, rule);
}

/** What only ever goes on: conditions that end a Job, counters, times. */
function validateProgress({ job, now, old, problems, is, was, moved }: Change): void {
  for (const type of TERMINAL) {
    if (was(type) && !is(type)) {
      problems.unfit('status.conditions', `cannot disable the terminal ${type}=True condition`);
    }
  }
  const { completionMode, completions, parallelism, suspend = false } = job.spec ?? {};
  if ((now.failed ?? 0) < (old.failed ?? 0)) {
    problems.invalid('status.failed', now.failed ?? 0, 'cannot decrease the failed counter');
  }
  // One that is scaled has as many completions as pods, and loses those of the highest indexes.
  const isScaled = completionMode === 'Indexed' && completions === parallelism;
  if (!isScaled && (now.succeeded ?? 0) < (old.succeeded ?? 0)) {
    problems.invalid('status.succeeded', now.succeeded ?? 0, 'cannot decrease the succeeded counter');
  }
  if (now.completionTime !== undefined && old.completionTime !== undefined && moved('completionTime')) {
    problems.invalid('status.completionTime', now.completionTime, 'completionTime cannot be mutated');
  }
  // One that goes on after it was suspended starts anew.
  const isResuming = was('Suspended') && !is('Suspended');
  if (old.startTime !== undefined && moved('startTime') && !suspend && !isResuming) {
    problems.required('status.startTime', 'startTime cannot be removed for unsuspended job');
  }
  if (was('SuccessCriteriaMet') && !is('SuccessCriteriaMet')) {
    problems.unfit('status.conditions', 'cannot disable the SuccessCriteriaMet=True condition');
  }
  if (was('Complete') && !was('SuccessCriteriaMet') && is('SuccessCriteriaMet')) {
    const rule = 'cannot set SuccessCriteriaMet=True for Job already has Complete=true conditions';
    problems.unfit('status.conditions', rule);
  }
}
