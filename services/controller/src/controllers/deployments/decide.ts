import type { DeploymentCondition, KubeStatus } from '@shiplog/contracts';
import type { StoredPod } from '@shiplog/kube';
import { matchesLabelSelector } from '@shiplog/apimachinery';
import type { Now, PlannedCommand, ReconcileResult } from '../../runtime/domain/controller';
import { claim } from '../../domain/claims';
import { controllerReference } from '../../domain/owners';
import { warningOn } from '../../domain/pod-making';
import { isPodFinished } from '../../domain/pods';
import { isRolling, type Deployment } from './budget';
import { REASON, without } from './conditions';
import { forgetOld } from './history';
import { failed, untilTimedOutMs, withMaking, withPause, withProgress } from './progress';
import { endOld, presentReplicas, rollOn } from './rollout';
import { isScaled, scaleAll } from './scaling';
import type { ReplicaSet } from './set-plan';
import { allSets, makePresent, setsOf, updatePresent, type Sets } from './sets';
import { countsOf, isComplete, replicaFailure, withAvailability, writeStatus, type Counts } from './status';

/** All that the decision on one Deployment looks at. */
export interface DeploymentView {
  readonly deployment: Deployment;
  /** Its own ReplicaSets and its namespace's orphans. */
  readonly sets: readonly ReplicaSet[];
  /** Whether any ReplicaSet of the namespace has a name. */
  readonly isTaken: (name: string) => boolean;
  /** Looked at where all old ones must be gone before there are new ones. */
  readonly podsOf: (set: ReplicaSet) => readonly StoredPod[];
  readonly now: Now;
  /** Why the journal refused a ReplicaSet in the attempt before. */
  readonly failure?: KubeStatus;
  /** No ReplicaSet can be made there any more. */
  readonly namespaceTerminating: boolean;
}

/** What a decision has come to so far. */
interface Draft {
  sets: Sets;
  collisions: number;
  /** Whether a rollout goes on, so that it is said how. */
  isRollout: boolean;
  readonly deletions: PlannedCommand[];
}

/** What one Deployment needs now: its sets claimed, made, scaled and forgotten, its status written. */
export function decideDeployment(view: DeploymentView): ReconcileResult {
  const { deployment, now } = view;
  const { owned, commands: claims } = claimSets(view);
  // What a set is to become is decided on the set as it is then.
  if (claims.length > 0) return { commands: claims };
  const draft: Draft = {
    sets: setsOf(deployment, owned),
    collisions: deployment.status?.collisionCount ?? 0,
    isRollout: false,
    deletions: [],
  };
  if (deployment.metadata.deletionTimestamp === undefined) act(view, draft);
  const counts = countsOf(draft.sets);
  const conditions = conditionsOf(view, draft, counts);
  const written = writeStatus(deployment, draft.sets, { ...counts, collisionCount: draft.collisions }, conditions);
  const changes = allSets(draft.sets).map((set) => set.command());
  return {
    commands: [...[...changes, written].filter((command) => command !== undefined), ...draft.deletions],
    requeueAfterMs: draft.isRollout ? untilTimedOutMs(conditions, deployment, now) : undefined,
    notes: notesOf(view, draft),
  };
}

function claimSets({ deployment, sets }: DeploymentView) {
  const claimer = {
    reference: referenceTo(deployment),
    matches: (labels?: Readonly<Record<string, string>>) => matchesLabelSelector(deployment.spec?.selector, labels),
    isGoing: deployment.metadata.deletionTimestamp !== undefined,
  };
  return claim('replicasets.apps', claimer, sets);
}

function act(view: DeploymentView, draft: Draft): void {
  const { deployment } = view;
  const isPaused = deployment.spec?.paused === true;
  updatePresent(draft.sets, deployment);
  if (isPaused || isScaled(draft.sets, deployment)) {
    scaleAll(draft.sets, deployment);
    if (isPaused) draft.deletions.push(...forgetOld(draft.sets.old, deployment));
    return;
  }
  draft.isRollout = true;
  if (isRolling(deployment)) roll(view, draft);
  else recreate(view, draft);
  if (isComplete(deployment, deployment.status ?? {})) draft.deletions.push(...forgetOld(draft.sets.old, deployment));
}

function roll(view: DeploymentView, draft: Draft): void {
  const { present } = draft.sets;
  if (present === undefined) make(view, draft);
  else rollOn({ ...draft.sets, present }, view.deployment);
}

/** New pods only once no old one runs. */
function recreate(view: DeploymentView, draft: Draft): void {
  const { deployment, podsOf } = view;
  if (endOld(draft.sets, deployment)) return;
  if (draft.sets.old.some(({ set }) => podsOf(set).some((pod) => !isPodFinished(pod)))) return;
  const { present } = draft.sets;
  if (present === undefined) make(view, draft);
  else present.scaleTo(presentReplicas({ ...draft.sets, present }, deployment), deployment);
}

function make({ deployment, isTaken, namespaceTerminating }: DeploymentView, draft: Draft): void {
  if (namespaceTerminating) return;
  const { old } = draft.sets;
  const { present, collisions } = makePresent(old, deployment, referenceTo(deployment), isTaken);
  present.scaleTo(presentReplicas({ present, old }, deployment), deployment);
  draft.sets = { present, old };
  draft.collisions = collisions;
}

function conditionsOf(
  view: DeploymentView,
  { sets, isRollout }: Draft,
  counts: Counts,
): readonly DeploymentCondition[] {
  const { deployment, now } = view;
  const stored = deployment.status?.conditions ?? [];
  if (deployment.metadata.deletionTimestamp !== undefined) return withAvailability(stored, deployment, counts, now);
  let conditions = withPause(stored, deployment, now);
  conditions = withMaking(conditions, deployment, sets, creationFailure(view, sets), now);
  conditions = withAvailability(conditions, deployment, counts, now);
  if (!isRollout) return conditions;
  if (creationFailure(view, sets) === undefined) conditions = withProgress(conditions, deployment, sets, counts, now);
  const failure = replicaFailure(sets);
  const others = without(conditions, 'ReplicaFailure');
  if (failure === undefined) return others.length === conditions.length ? conditions : others;
  return [...others, failure];
}

/** Why the set that is being made again could not be made. */
function creationFailure({ failure }: DeploymentView, { present }: Sets): KubeStatus | undefined {
  return present?.isNew === true ? failure : undefined;
}

function notesOf(view: DeploymentView, { sets }: Draft) {
  const failure = creationFailure(view, sets);
  if (failure === undefined || sets.present === undefined) return [];
  const about = { resource: 'deployments.apps' as const, ...view.deployment.metadata };
  return [warningOn(about, 'deployment-controller', REASON.failedCreate, failed(sets.present.name, failure))];
}

function referenceTo({ metadata }: Deployment) {
  return controllerReference('apps/v1', 'Deployment', metadata);
}
