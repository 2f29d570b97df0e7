import { matchesLabelSelector } from '@shiplog/apimachinery';
import { controllerOf, type StoredPod } from '@shiplog/kube';
import { claim } from '../../domain/claims';
import { removeOwners } from '../../domain/owners';
import { refusedCreation } from '../../domain/pod-making';
import { untilAvailableMs } from '../../domain/pods';
import { HASH_LABEL, historyOf, surplusDeletions, type History, type Revision } from '../../domain/revisions/history';
import { templateOfPatch } from '../../domain/revisions/template-patch';
import {
  isRace,
  SETTLED,
  type Now,
  type PlannedCommand,
  type ReconcileResult,
  type Refusal,
} from '../../runtime/domain/controller';
import { actionsOf, type Plan } from './actions';
import { ordinalOf, revisionOf, setReference, type StatefulSet } from './identity';
import { refusalNotes } from './notes';
import { observedStatus, writeStatus } from './status';
import type { ClaimNamed } from './storage';

/** All that the decision on one StatefulSet looks at. */
export interface StatefulSetView {
  readonly set: StatefulSet;
  /** Its own and its namespace's orphans. */
  readonly pods: readonly StoredPod[];
  /** As these. */
  readonly revisions: readonly Revision[];
  /** Of its namespace, whoever owns it. */
  readonly revisionNamed: (name: string) => Revision | undefined;
  readonly claimNamed: ClaimNamed;
  readonly waits: Plan['waits'];
  readonly now: Now;
  readonly refused: readonly Refusal[];
  /** Nothing can be made there any more. */
  readonly namespaceTerminating: boolean;
}

/** What was decided, and which pods that have ended are replaced by it. */
export interface StatefulSetDecision {
  readonly result: ReconcileResult;
  readonly failed: readonly string[];
}

/**
 * What one StatefulSet needs now: its revisions, its pods one after the other or all at once, their claims, its status. As
 * Kubernetes' stateful_set_control, in the state of 1.32: more than one pod at a time is not replaced.
 */
export function decideStatefulSet(view: StatefulSetView): StatefulSetDecision {
  const { set, refused } = view;
  if (set.spec === undefined) return only(SETTLED);
  const isGoing = set.metadata.deletionTimestamp !== undefined;
  const claimer = {
    reference: setReference(set),
    matches: (labels?: Readonly<Record<string, string>>) => matchesLabelSelector(set.spec?.selector, labels),
    isGoing,
  };
  const pods = claimPods(view, claimer);
  if (isGoing) return only({ commands: lastStatus(view, pods.owned) });
  const revisions = claim('controllerrevisions.apps', claimer, view.revisions);
  const history = historyOf(versioned(set), revisions.owned, view.revisionNamed);
  const claims = [...pods.commands, ...revisions.commands, ...history.commands];
  const notes = refusalNotes(set, refused);
  // It is looked for when it is there: its pods have its name.
  if (history.present === undefined) return only({ commands: view.namespaceTerminating ? [] : claims, notes });
  return manage(view, pods.owned, history.present, history, { commands: claims, notes });
}

function manage(
  view: StatefulSetView,
  pods: readonly StoredPod[],
  update: Revision,
  history: History,
  begun: ReconcileResult,
): StatefulSetDecision {
  const { set, now, refused, claimNamed, namespaceTerminating, waits } = view;
  const current =
    [...history.past, update].find(({ metadata }) => metadata.name === set.status?.currentRevision) ?? update;
  const revisions = { current: current.metadata.name, update: update.metadata.name };
  const template = set.spec?.template ?? {};
  const former = current === update ? template : (templateOfPatch(current.data) ?? template);
  // A name that somebody else has is no reason why the others could not be made.
  const hasFailed = refusedCreation(refused.filter(({ status }) => !isRace(status))) !== undefined;
  const plan: Plan = {
    set,
    pods,
    revisions,
    template,
    former,
    nowMs: now.ms,
    hasFailed,
    claimNamed,
    namespaceTerminating,
    waits,
  };
  const actions = actionsOf(plan);
  const live = new Set([revisions.current, revisions.update, ...pods.map(revisionOf)]);
  const surplus = surplusDeletions(history.past, {
    limit: set.spec?.revisionHistoryLimit ?? 10,
    isLive: ({ metadata }) => live.has(metadata.name),
    countsLive: false,
  });
  // While pods come or go the counts are about to change again: they are written once, when they have settled.
  const isSettled = refused.length > 0 || !actions.commands.some(changesPods);
  const status = isSettled ? statusCommand(view, pods, { ...revisions, collisions: history.collisions }) : [];
  const again = [actions.againInMs, nextAvailable(set, pods, now)].filter((ms) => ms !== undefined);
  return {
    result: {
      commands: [...begun.commands, ...actions.commands, ...surplus, ...status],
      requeueAfterMs: again.length === 0 ? undefined : Math.min(...again),
      notes: [...(begun.notes ?? []), ...actions.notes],
    },
    failed: actions.failed,
  };
}

function only(result: ReconcileResult): StatefulSetDecision {
  return { result, failed: [] };
}

/** Also those that are not called as one of the set's pods don't belong to it, whatever their labels. */
function claimPods({ set, pods }: StatefulSetView, claimer: Parameters<typeof claim>[1]) {
  const named = pods.filter((pod) => ordinalOf(set, pod) !== undefined);
  const misnamed = pods.filter(
    (pod) => ordinalOf(set, pod) === undefined && controllerOf(pod)?.uid === set.metadata.uid,
  );
  const { owned, commands } = claim('pods', claimer, named);
  const releases = claimer.isGoing === true ? [] : misnamed.map((pod) => removeOwners('pods', pod, [set.metadata.uid]));
  return { owned, commands: [...commands, ...releases] };
}

function versioned(set: StatefulSet) {
  const { namespace = '', annotations } = set.metadata;
  return {
    reference: setReference(set),
    namespace,
    annotations,
    template: set.spec?.template ?? {},
    collisions: set.status?.collisionCount ?? 0,
    hashLabel: HASH_LABEL,
  } as const;
}

function statusCommand(
  { set, now }: StatefulSetView,
  pods: readonly StoredPod[],
  { current, update, collisions }: { current: string; update: string; collisions: number },
): PlannedCommand[] {
  const command = writeStatus(set, observedStatus(set, pods, { current, update }, collisions, now.ms));
  return command === undefined ? [] : [command];
}

/** One that is on its way out tells how many of its pods are left. */
function lastStatus(view: StatefulSetView, pods: readonly StoredPod[]): PlannedCommand[] {
  const {
    currentRevision: current = '',
    updateRevision: update,
    collisionCount: collisions = 0,
  } = view.set.status ?? {};
  return update === undefined ? [] : statusCommand(view, pods, { current, update, collisions });
}

function changesPods({ type, data }: PlannedCommand): boolean {
  return (type === 'CreateObject' || type === 'DeleteObject') && data.resource === 'pods';
}

/** When the next pod counts as available by time alone. */
function nextAvailable(set: StatefulSet, pods: readonly StoredPod[], now: Now): number | undefined {
  const waits = pods.map((pod) => untilAvailableMs(pod, set.spec?.minReadySeconds ?? 0, now.ms) ?? 0);
  const ahead = waits.filter((wait) => wait > 0);
  return ahead.length === 0 ? undefined : Math.min(...ahead);
}
