import type { DeploymentCondition, KubeStatus } from '@shiplog/contracts';
import type { Now } from '../../runtime/domain/controller';
import { messageOf } from '../../domain/pod-making';
import { timeOf } from '../../domain/pods';
import type { Deployment } from './budget';
import { conditionIn, REASON, withCondition, withNewCondition, without, type Said } from './conditions';
import type { Sets } from './sets';
import { isComplete, type Counts } from './status';

type Conditions = readonly DeploymentCondition[];

/** Kubernetes takes the largest number for no deadline. */
const NO_DEADLINE = 2 ** 31 - 1;
const TYPE = 'Progressing';

/** Until when a Deployment must have come on, in seconds; undefined where it may take for ever. */
function deadlineOf({ spec }: Deployment): number | undefined {
  const seconds = spec?.progressDeadlineSeconds;
  return seconds === undefined || seconds === NO_DEADLINE ? undefined : seconds;
}

/** That it is paused, or is no longer: time that it stood still is not held against it (checkPausedConditions). */
export function withPause(conditions: Conditions, deployment: Deployment, now: Now): Conditions {
  const reason = conditionIn(conditions, TYPE)?.reason;
  if (deadlineOf(deployment) === undefined || reason === REASON.timedOut) return conditions;
  const isPaused = deployment.spec?.paused === true;
  if (isPaused === (reason === REASON.paused)) return conditions;
  const said = isPaused
    ? unknown(REASON.paused, 'Deployment is paused')
    : unknown(REASON.resumed, 'Deployment is resumed');
  return withCondition(conditions, said, now);
}

/** What became of the set of the present template, where it had none. */
export function withMaking(
  conditions: Conditions,
  deployment: Deployment,
  { present }: Sets,
  failure: KubeStatus | undefined,
  now: Now,
): Conditions {
  if (deadlineOf(deployment) === undefined || present === undefined) return conditions;
  if (failure !== undefined)
    return withCondition(conditions, progressing('False', REASON.failedCreate, failed(present.name, failure)), now);
  if (present.isNew) {
    const message = `Created new replica set ${JSON.stringify(present.name)}`;
    return withNewCondition(conditions, progressing('True', REASON.created, message), now);
  }
  if (conditionIn(conditions, TYPE) !== undefined) return conditions;
  return withCondition(
    conditions,
    progressing('True', REASON.found, `Found new replica set ${JSON.stringify(present.name)}`),
    now,
  );
}

/** What a user reads of a set that can't be made. */
export function failed(name: string, failure: KubeStatus): string {
  return `Failed to create new replica set ${JSON.stringify(name)}: ${messageOf(failure, 'the replica set was refused')}`;
}

/**
 * Whether the rollout has come to its end, has come on since its status was written, or stands still for too long
 * (syncRolloutStatus).
 */
export function withProgress(
  conditions: Conditions,
  deployment: Deployment,
  sets: Sets,
  counts: Counts,
  now: Now,
): Conditions {
  if (deadlineOf(deployment) === undefined) return without(conditions, TYPE);
  const current = conditionIn(conditions, TYPE);
  if (counts.replicas === counts.updatedReplicas && current?.reason === REASON.available) return conditions;
  const subject =
    sets.present === undefined
      ? `Deployment ${JSON.stringify(deployment.metadata.name)}`
      : `ReplicaSet ${JSON.stringify(sets.present.name)}`;
  if (isComplete(deployment, counts)) {
    const message = `${subject} has successfully progressed.`;
    return withCondition(conditions, progressing('True', REASON.available, message), now);
  }
  if (hasProgressed(deployment, counts)) {
    return withNewCondition(conditions, progressing('True', REASON.updated, `${subject} is progressing.`), now);
  }
  if ((untilTimedOutMs(conditions, deployment, now) ?? 1) > 0) return conditions;
  const message = `${subject} has timed out progressing.`;
  return withCondition(conditions, progressing('False', REASON.timedOut, message), now);
}

/** When the Deployment will have stood still for too long; undefined where that is not the question. */
export function untilTimedOutMs(conditions: Conditions, deployment: Deployment, now: Now): number | undefined {
  const deadline = deadlineOf(deployment);
  const current = conditionIn(conditions, TYPE);
  if (deadline === undefined || current === undefined) return undefined;
  if (current.reason === REASON.available || current.reason === REASON.timedOut) return undefined;
  // Times are in whole seconds: after one more it is surely over.
  return Math.max(0, timeOf(current.lastUpdateTime) + (deadline + 1) * 1_000 - now.ms);
}

function hasProgressed({ status = {} }: Deployment, counts: Counts): boolean {
  const { replicas = 0, updatedReplicas = 0, readyReplicas = 0, availableReplicas = 0 } = status;
  return (
    counts.updatedReplicas > updatedReplicas ||
    counts.replicas - counts.updatedReplicas < replicas - updatedReplicas ||
    counts.readyReplicas > readyReplicas ||
    counts.availableReplicas > availableReplicas
  );
}

function unknown(reason: string, message: string): Said {
  return { type: TYPE, status: 'Unknown', reason, message };
}

function progressing(status: 'True' | 'False', reason: string, message: string): Said {
  return { type: TYPE, status, reason, message };
}
