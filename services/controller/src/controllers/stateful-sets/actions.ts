import type { PodTemplateSpec } from '@shiplog/contracts';
import { deletionOf, patchOf, type StoredPod } from '@shiplog/kube';
import { leftMs, type Waits } from '../../domain/failed-pods';
import { MOST_PODS_AT_ONCE } from '../../domain/pod-making';
import { isPodFinished } from '../../domain/pods';
import type { Note, PlannedCommand } from '../../runtime/domain/controller';
import {
  creationOf,
  isWanted,
  missingIdentity,
  ordinalOf,
  ordinalsOf,
  podName,
  revisionOf,
  type StatefulSet,
} from './identity';
import { podFailed } from './notes';
import { isAvailable, isRunningAndReady, type Revisions } from './status';
import { podClaims, retention, type ClaimNamed } from './storage';

/** What a set's pods are looked at for. */
export interface Plan {
  readonly set: StatefulSet;
  /** Those of the set. */
  readonly pods: readonly StoredPod[];
  readonly revisions: Revisions;
  /** Of the update revision. */
  readonly template: PodTemplateSpec;
  /** Of the current one. */
  readonly former: PodTemplateSpec;
  readonly nowMs: number;
  /** Something was refused in the attempt before. */
  readonly hasFailed: boolean;
  readonly claimNamed: ClaimNamed;
  readonly namespaceTerminating: boolean;
  /** Looked at only where a pod has ended. */
  readonly waits: () => Waits;
}

export interface Actions {
  readonly commands: readonly PlannedCommand[];
  readonly notes: readonly Note[];
  /** Pods that have ended and are replaced by this, by name. */
  readonly failed: readonly string[];
  /** When one that has ended, and has to wait for that, is looked at again. */
  readonly againInMs?: number;
}

/** What is to be done for one pod; `waits`: where pods come one after the other, none of the next is looked at. */
interface Step extends Partial<Actions> {
  readonly waits: boolean;
}

interface Member {
  readonly ordinal: number;
  readonly pod?: StoredPod;
}

/**
 * What is to be done for a set's pods: those that are wanted are made and looked after, the first first; then those beyond
 * go, the last first; then those of former revisions are replaced, the last first. Unless the set is Parallel each waits for
 * the one before (updateStatefulSet of Kubernetes' stateful_set_control).
 */
export function actionsOf(plan: Plan): Actions {
  const isOrdered = plan.set.spec?.podManagementPolicy !== 'Parallel';
  const members = membersOf(plan);
  const steps: (() => Step)[] = [
    ...wantedSteps(plan, members, isOrdered),
    // Lazily: nothing that comes after one that waits is decided on.
    () => ({ waits: false, commands: condemnedOf(plan).flatMap(({ ordinal, pod }) => retain(plan, ordinal, pod)) }),
    ...condemnedSteps(plan, members, isOrdered),
    () => replacement(plan, members),
  ];
  const commands: PlannedCommand[] = [];
  const notes: Note[] = [];
  const failed: string[] = [];
  let next = Infinity;
  for (const step of steps) {
    const { waits, againInMs = Infinity, ...planned } = step();
    commands.push(...(planned.commands ?? []));
    notes.push(...(planned.notes ?? []));
    failed.push(...(planned.failed ?? []));
    next = Math.min(next, againInMs);
    if (waits && isOrdered) break;
  }
  return { commands, notes, failed, againInMs: Number.isFinite(next) ? next : undefined };
}

/** Those that the set wants, by their ordinals: all that are there, and the first that are missing. */
function membersOf({ set, pods }: Plan): Member[] {
  const members = pods.flatMap((pod): Member[] => {
    const ordinal = ordinalOf(set, pod);
    return ordinal === undefined || !isWanted(set, ordinal) ? [] : [{ ordinal, pod }];
  });
  const taken = new Set(members.map(({ ordinal }) => ordinal));
  const { start, end } = ordinalsOf(set);
  const most = taken.size + MOST_PODS_AT_ONCE;
  for (let ordinal = start; ordinal < end && members.length < most; ordinal++) {
    if (!taken.has(ordinal)) members.push({ ordinal });
  }
  return members.sort((a, b) => a.ordinal - b.ordinal);
}

/** Those that the set has no longer a place for, the last first. */
function condemnedOf({ set, pods }: Plan): Required<Member>[] {
  return pods
    .map((pod) => ({ pod, ordinal: ordinalOf(set, pod) ?? -1 }))
    .filter(({ ordinal }) => !isWanted(set, ordinal))
    .sort((a, b) => b.ordinal - a.ordinal);
}

function wantedSteps(plan: Plan, members: readonly Member[], isOrdered: boolean): (() => Step)[] {
  // After a refusal one pod is tried, not hundreds that would fare the same.
  let left = plan.hasFailed ? 1 : Infinity;
  return members.map(({ ordinal, pod }) => () => {
    if (pod !== undefined) return existing(plan, ordinal, pod, isOrdered);
    return left-- > 0 ? creation(plan, ordinal) : { waits: true };
  });
}

function creation(plan: Plan, ordinal: number): Step {
  const { set, claimNamed, revisions, namespaceTerminating } = plan;
  if (namespaceTerminating) return { waits: true };
  const { creations, leaving, isStale } = podClaims(set, ordinal, claimNamed);
  if (isStale) return { waits: true };
  if (leaving !== undefined) {
    return { waits: true, notes: [podFailed(set, 'create', podName(set, ordinal), `pvc ${leaving} is being deleted`)] };
  }
  // A pod is made once all of its claims are there.
  if (creations.length > 0) return { waits: true, commands: creations };
  const isFormer = staysFormer(plan, ordinal);
  const template = isFormer ? plan.former : plan.template;
  const made = creationOf(set, template, isFormer ? revisions.current : revisions.update, ordinal);
  return { waits: true, commands: [made, ...retain(plan, ordinal, undefined)] };
}

/** Whether a pod that is made anew is still one of the revision before the update (newVersionedStatefulSetPod). */
function staysFormer({ set, pods, revisions }: Plan, ordinal: number): boolean {
  const { type, rollingUpdate } = set.spec?.updateStrategy ?? {};
  if (type !== 'RollingUpdate') return false;
  const current = (): number =>
    pods.filter((pod) => pod.metadata.deletionTimestamp === undefined && revisionOf(pod) === revisions.current).length;
  return ordinal < ordinalsOf(set).start + (rollingUpdate === undefined ? current() : (rollingUpdate.partition ?? 0));
}

function existing(plan: Plan, ordinal: number, pod: StoredPod, isOrdered: boolean): Step {
  const { set, nowMs, claimNamed, namespaceTerminating } = plan;
  const isLeaving = pod.metadata.deletionTimestamp !== undefined;
  if (isPodFinished(pod)) return isLeaving ? { waits: true } : ended(plan, pod);
  const isMissingClaims = pod.status?.phase === 'Pending' && !namespaceTerminating;
  const claims = isMissingClaims ? podClaims(set, ordinal, claimNamed).creations : [];
  if (isOrdered && (isLeaving || !isAvailable(set, pod, nowMs))) return { waits: true, commands: claims };
  const labels = missingIdentity(set, pod, ordinal);
  const identity = labels === undefined ? [] : [patchOf('pods', pod, { metadata: { labels } })];
  return { waits: false, commands: [...claims, ...identity, ...retain(plan, ordinal, pod)] };
}

/**
 * Whatever it ended with: one that was evicted or went down with its node is wanted again, and made when this one is gone. One
 * that a node refuses again and again would keep the log busy: it waits, longer each time.
 */
function ended({ nowMs, waits }: Plan, pod: StoredPod): Step {
  const { name } = pod.metadata;
  const againInMs = leftMs(waits(), name, nowMs);
  if (againInMs > 0) return { waits: true, againInMs };
  return { waits: true, commands: [deletionOf('pods', pod)], failed: [name] };
}

function retain({ set, claimNamed }: Plan, ordinal: number, pod: StoredPod | undefined): PlannedCommand[] {
  return retention(set, ordinal, pod, claimNamed);
}

function condemnedSteps(plan: Plan, members: readonly Member[], isOrdered: boolean): (() => Step)[] {
  const { set, nowMs } = plan;
  const condemned = condemnedOf(plan);
  const unavailable = (pod: StoredPod | undefined): boolean => pod === undefined || isUnavailable(plan, pod);
  const isFirst = (pod: StoredPod): boolean =>
    !members.some((member) => unavailable(member.pod)) &&
    condemned.findLast((member) => unavailable(member.pod))?.pod === pod;
  let left = MOST_PODS_AT_ONCE;
  return condemned.map(({ pod }) => () => {
    if (pod.metadata.deletionTimestamp !== undefined || left <= 0) return { waits: true };
    // One that is not well holds up those before it, and goes itself only when no other is unwell; but what has ended will never
    // be: two of these would wait for each other.
    const isWell = isPodFinished(pod) || (isRunningAndReady(pod) && isAvailable(set, pod, nowMs));
    if (isOrdered && !isWell && !isFirst(pod)) return { waits: true };
    left--;
    return { waits: true, commands: [deletionOf('pods', pod)] };
  });
}

/** The last pod that is not of the update revision goes, once all after it are well. */
function replacement(plan: Plan, members: readonly Member[]): Step {
  const { set, revisions } = plan;
  const { type, rollingUpdate } = set.spec?.updateStrategy ?? {};
  const { start, end } = ordinalsOf(set);
  if (type === 'OnDelete' || members.length < end - start) return { waits: false };
  const first = start + (rollingUpdate?.partition ?? 0);
  for (const { pod } of members.filter(({ ordinal }) => ordinal >= first).reverse()) {
    if (pod === undefined || isPodFinished(pod)) break;
    const isLeaving = pod.metadata.deletionTimestamp !== undefined;
    if (revisionOf(pod) !== revisions.update && !isLeaving) return { waits: true, commands: [deletionOf('pods', pod)] };
    if (isUnavailable(plan, pod)) break;
  }
  return { waits: false };
}

function isUnavailable({ set, nowMs }: Plan, pod: StoredPod): boolean {
  return pod.metadata.deletionTimestamp !== undefined || !isAvailable(set, pod, nowMs);
}
