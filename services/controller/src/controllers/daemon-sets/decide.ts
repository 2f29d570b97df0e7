import { matchesLabelSelector } from '@shiplog/apimachinery';
import { deletionOf, patchOf, type StoredNode, type StoredPod } from '@shiplog/kube';
import { claim, type Claims } from '../../domain/claims';
import { controllerReference } from '../../domain/owners';
import { createPod, MOST_PODS_AT_ONCE, refusedCreation } from '../../domain/pod-making';
import { untilAvailableMs } from '../../domain/pods';
import {
  deletionsOf,
  hashOf,
  historyOf,
  REVISION_LABEL,
  surplusDeletions,
  type History,
  type Revision,
} from '../../domain/revisions/history';
import {
  SETTLED,
  type Now,
  type PlannedCommand,
  type ReconcileResult,
  type Refusal,
} from '../../runtime/domain/controller';
import type { Waits } from '../../domain/failed-pods';
import { manage } from './manage';
import { failureNote } from './notes';
import { specFor, type DaemonSet } from './placement';
import { GENERATION_LABEL, sitesOf, templateGeneration, type Changes, type Plan } from './plan';
import { rollingUpdate } from './rolling-update';
import { observedStatus, writeStatus } from './status';

/** All that the decision on one DaemonSet looks at. */
export interface DaemonSetView {
  readonly set: DaemonSet;
  readonly nodes: readonly StoredNode[];
  /** Its own and its namespace's orphans. */
  readonly pods: readonly StoredPod[];
  /** As these. */
  readonly revisions: readonly Revision[];
  /** Of its namespace, whoever owns it. */
  readonly revisionNamed: (name: string) => Revision | undefined;
  /** Looked at only where a pod has failed. */
  readonly waits: () => Waits;
  readonly now: Now;
  /** Position of the state: names the creations, so that deciding twice on one state makes the pods once. */
  readonly position: number;
  readonly refused: readonly Refusal[];
  /** Nothing can be made there any more. */
  readonly namespaceTerminating: boolean;
}

/** What was decided, and which nodes' failed pods are replaced by it. */
export interface DaemonSetDecision {
  readonly result: ReconcileResult;
  readonly failed: readonly string[];
}

/** What one DaemonSet needs now: its revisions, a pod on each node that it fits, its status. */
export function decideDaemonSet(view: DaemonSetView): DaemonSetDecision {
  const { set, nodes, now, namespaceTerminating } = view;
  if (set.spec === undefined || set.metadata.deletionTimestamp !== undefined) return { result: SETTLED, failed: [] };
  const claimer = {
    reference: setReference(set),
    matches: (labels?: Readonly<Record<string, string>>) => matchesLabelSelector(set.spec?.selector, labels),
  };
  const pods = claim('pods', claimer, view.pods);
  const revisions = claim('controllerrevisions.apps', claimer, view.revisions);
  const history = historyOf(versioned(set), revisions.owned, view.revisionNamed);
  const { hash } = history;
  const plan = { set, hash, sites: sitesOf(set, nodes, pods.owned), nowMs: now.ms };
  const kept = namespaceTerminating ? [] : history.commands;
  return concluded(view, plan, history, pods, [
    ...pods.commands,
    ...revisions.commands,
    ...kept,
    ...tidied(history, pods.owned),
  ]);
}

function concluded(
  view: DaemonSetView,
  plan: Plan,
  history: History,
  pods: Claims<'pods'>,
  begun: readonly PlannedCommand[],
): DaemonSetDecision {
  const { set, now, refused } = view;
  const failure = refusedCreation(refused);
  const changes = changesOf(plan, view.waits);
  const actions = [...deletions(changes), ...creations(view, plan, changes, failure !== undefined)];
  const live = new Set(pods.owned.map(({ metadata }) => metadata.labels?.[REVISION_LABEL]));
  const surplus = surplusDeletions(history.past, {
    limit: set.spec?.revisionHistoryLimit ?? 10,
    isLive: (revision) => live.has(hashOf(revision, REVISION_LABEL)),
    countsLive: true,
  });
  // While pods come or go the counts are about to change again: they are written once, when they have settled.
  const isSettled = actions.length === 0 || refused.length > 0;
  const status = isSettled ? writeStatus(set, observedStatus(plan, history.collisions)) : undefined;
  const again = [changes.againInMs, nextAvailable(set, pods.owned, now)].filter((ms) => ms !== undefined);
  return {
    result: {
      commands: [...begun, ...actions, ...surplus, ...(status === undefined ? [] : [status])],
      requeueAfterMs: again.length === 0 ? undefined : Math.min(...again),
      notes: [...changes.notes, ...(failure === undefined ? [] : [failureNote(set, failure)])],
    },
    failed: changes.failed,
  };
}

/** An update goes on only from where each node has what it is to have. */
function changesOf(plan: Plan, waits: () => Waits): Changes {
  const managed = manage(plan, waits);
  const isIdle = managed.surplus.length === 0 && managed.wanting.length === 0;
  if (!isIdle || plan.set.spec?.updateStrategy?.type !== 'RollingUpdate') return managed;
  return { ...managed, ...rollingUpdate(plan) };
}

function deletions({ surplus }: Changes): PlannedCommand[] {
  return surplus.slice(0, MOST_PODS_AT_ONCE).map((pod) => deletionOf('pods', pod));
}

function creations(
  view: DaemonSetView,
  { set, hash }: Plan,
  { wanting }: Changes,
  hasFailed: boolean,
): PlannedCommand[] {
  if (view.namespaceTerminating) return [];
  const template = set.spec?.template ?? {};
  const generation = templateGeneration(set);
  const labels = { [REVISION_LABEL]: hash, ...(generation !== undefined && { [GENERATION_LABEL]: generation }) };
  // After a refusal one pod is tried, not hundreds that would fare the same.
  return wanting.slice(0, hasFailed ? 1 : MOST_PODS_AT_ONCE).map((node, k) =>
    createPod({
      namespace: set.metadata.namespace ?? '',
      template,
      owner: setReference(set),
      id: hasFailed ? undefined : `rc.${set.metadata.uid}.${view.position}.${k}`,
      labels,
      spec: specFor(template, node),
    }),
  );
}

/** Revisions that somebody made have their name for a hash; of several that hold the same one stays, and their pods are its. */
function tidied({ past, present, hash, duplicates }: History, pods: readonly StoredPod[]): PlannedCommand[] {
  const unlabelled = [...past, ...(present === undefined ? [] : [present])].filter(
    ({ metadata }) => metadata.labels?.[REVISION_LABEL] === undefined,
  );
  const labelled = unlabelled.map((revision) =>
    patchOf('controllerrevisions.apps', revision, {
      metadata: { labels: { [REVISION_LABEL]: revision.metadata.name } },
    }),
  );
  const given = new Set(duplicates.map((revision) => hashOf(revision, REVISION_LABEL)));
  const relabelled = pods
    .filter(({ metadata }) => given.has(metadata.labels?.[REVISION_LABEL] ?? ''))
    .map((pod) => patchOf('pods', pod, { metadata: { labels: { [REVISION_LABEL]: hash } } }));
  return [...labelled, ...relabelled, ...deletionsOf(duplicates)];
}

function setReference({ metadata }: DaemonSet) {
  return controllerReference('apps/v1', 'DaemonSet', metadata);
}

function versioned(set: DaemonSet) {
  const { namespace = '', annotations } = set.metadata;
  return {
    reference: setReference(set),
    namespace,
    annotations,
    template: set.spec?.template ?? {},
    collisions: set.status?.collisionCount ?? 0,
    hashLabel: REVISION_LABEL,
  } as const;
}

/** When the next pod counts as available by time alone. */
function nextAvailable(set: DaemonSet, pods: readonly StoredPod[], now: Now): number | undefined {
  const waits = pods.map((pod) => untilAvailableMs(pod, set.spec?.minReadySeconds ?? 0, now.ms) ?? 0);
  const ahead = waits.filter((wait) => wait > 0);
  return ahead.length === 0 ? undefined : Math.min(...ahead);
}
