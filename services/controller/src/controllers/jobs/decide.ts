import type { KubeStatus } from '@shiplog/contracts';
import { deletionOf, type StoredPod } from '@shiplog/kube';
import { matchesLabelSelector } from '@shiplog/apimachinery';
import {
  SETTLED,
  type Note,
  type Now,
  type PlannedCommand,
  type ReconcileResult,
} from '../../runtime/domain/controller';
import { claim } from '../../domain/claims';
import { messageOf, warningOn } from '../../domain/pod-making';
import { decideEnd, isJobFinished, untilDeadlineMs, writtenEnd } from './ending';
import { TRACKING, untrack } from './job-pods';
import { createJobPod, jobReference } from './making';
import { recordEnds } from './record';
import { removal, scale, type Scaling } from './scale';
import { observedStatus, writeStatus } from './status';
import { tally, type StoredJob, type Tally } from './tally';

/** Who sees to a Job that names nobody. */
const JOB_CONTROLLER = 'kubernetes.io/job-controller';

/** All that the decision on one Job looks at. */
export interface JobView {
  job: StoredJob;
  /** Its own and its namespace's orphans. */
  pods: readonly StoredPod[];
  now: Now;
  /** Position of the state: names the creations, so that deciding twice on one state makes the pods once. */
  position: number;
  /** Why the journal refused a pod in the attempt before. */
  failure?: KubeStatus;
  /** No pod can be made there any more. */
  namespaceTerminating: boolean;
}

/**
 * What one Job needs now. Whatever cannot be taken back is written before it is acted on: that the Job ends, then its pods'
 * removal; that a pod has ended, then that it is let go.
 */
export function decideJob(view: JobView): ReconcileResult {
  const { job, now, failure } = view;
  if (isJobFinished(job) || isManagedElsewhere(job)) return SETTLED;
  const { owned, commands: claims } = claim('pods', claimerOf(job), view.pods);
  const counts = tally(job, owned);
  const written = writtenEnd(job);
  const end = written ?? decideEnd(counts, now);
  const record = recordEnds(counts, written);
  // Pods that are adopted now are counted when they are seen to be.
  const mayScale = end === undefined && job.metadata.deletionTimestamp === undefined && claims.length === 0;
  const scaling = mayScale ? scale(counts, now.ms) : undefined;
  // Pods that still run when a Job ends go, too: of one that failed they count as failed, of one that succeeded not at all.
  const pods = [
    ...(written === undefined ? [] : counts.active.map((pod) => deletionOf('pods', pod))),
    ...(scaling === undefined ? [] : changesOf(scaling, counts, view)),
  ];
  const isOver = written !== undefined && isEmpty(counts) && record.isWhole;
  const status = observedStatus(counts, record, { end, isOver }, now);
  const isMoving = (pods.length > 0 || claims.length > 0) && failure === undefined;
  const writing = writeStatus(counts, status, isMoving);
  return {
    commands: [...claims, ...record.release.map(untrack), ...pods, ...(writing === undefined ? [] : [writing])],
    requeueAfterMs: earliest(scaling?.waitMs, end === undefined ? untilDeadlineMs(counts, now) : undefined),
    notes: failure === undefined ? [] : [failureNote(job, failure)],
  };
}

/** Whether another than this controller sees to the Job. */
export function isManagedElsewhere({ spec }: StoredJob): boolean {
  return spec?.managedBy !== undefined && spec.managedBy !== JOB_CONTROLLER;
}

/** Which pods are a Job's, and that they are held until their end is counted. */
function claimerOf(job: StoredJob) {
  return {
    reference: jobReference(job),
    matches: (labels?: Readonly<Record<string, string>>) => selects(job, labels),
    isGoing: job.metadata.deletionTimestamp !== undefined,
    finalizer: TRACKING,
  };
}

/** Whether a Job's selector takes these labels: none, if it has none. */
export function selects({ spec }: StoredJob, labels: Readonly<Record<string, string>> | undefined): boolean {
  return spec?.selector !== undefined && matchesLabelSelector(spec.selector, labels);
}

function changesOf({ remove, create }: Scaling, counts: Tally, view: JobView): PlannedCommand[] {
  if (view.namespaceTerminating && remove.length === 0) return [];
  // After a refusal one pod is tried, not hundreds that would fare the same.
  const most = view.failure === undefined ? create.length : 1;
  const { uid } = view.job.metadata;
  const made = create.slice(0, most).map((index, k) => {
    const id = view.failure === undefined ? `job.${uid}.${view.position}.${index ?? k}` : undefined;
    return createJobPod(counts, index, id);
  });
  return [...remove.flatMap(removal), ...made];
}

function isEmpty({ active, terminating }: Tally): boolean {
  return active.length === 0 && terminating.length === 0;
}

function earliest(...waits: (number | undefined)[]): number | undefined {
  const known = waits.filter((wait) => wait !== undefined);
  return known.length === 0 ? undefined : Math.max(0, Math.min(...known));
}

function failureNote({ metadata }: StoredJob, failure: KubeStatus): Note {
  const about = { resource: 'jobs.batch' as const, ...metadata };
  return warningOn(about, 'job-controller', 'FailedCreate', `Error creating: ${messageOf(failure)}`);
}
