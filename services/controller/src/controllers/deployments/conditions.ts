import type { DeploymentCondition } from '@shiplog/contracts';
import { transitionTime } from '@shiplog/kube';
import type { Now } from '../../runtime/domain/controller';

type Conditions = readonly DeploymentCondition[];

/** Why a Deployment progresses, or doesn't; in Kubernetes' words. */
export const REASON = {
  failedCreate: 'ReplicaSetCreateError',
  created: 'NewReplicaSetCreated',
  found: 'FoundNewReplicaSet',
  updated: 'ReplicaSetUpdated',
  available: 'NewReplicaSetAvailable',
  timedOut: 'ProgressDeadlineExceeded',
  paused: 'DeploymentPaused',
  resumed: 'DeploymentResumed',
} as const;

/** What a condition is to say. */
export interface Said {
  readonly type: string;
  readonly status: 'True' | 'False' | 'Unknown';
  readonly reason: string;
  readonly message: string;
}

/** The condition of a type. */
export function conditionIn(conditions: Conditions, type: string): DeploymentCondition | undefined {
  return conditions.find((condition) => condition.type === type);
}

/** One of the same status and reason stays as it is, with its times (SetDeploymentCondition). */
export function withCondition(conditions: Conditions, said: Said, now: Now): Conditions {
  const before = conditionIn(conditions, said.type);
  return before?.status === said.status && before.reason === said.reason
    ? conditions
    : withNewCondition(conditions, said, now);
}

/** Says it as of now, though it may be what it said before. */
export function withNewCondition(conditions: Conditions, said: Said, now: Now): Conditions {
  const before = conditionIn(conditions, said.type);
  const fresh = {
    ...said,
    lastUpdateTime: now.time,
    lastTransitionTime: transitionTime(before, said.status, now.time),
  };
  return [...without(conditions, said.type), fresh];
}

/** All but those of a type. */
export function without(conditions: Conditions, type: string): Conditions {
  return conditions.filter((condition) => condition.type !== type);
}
