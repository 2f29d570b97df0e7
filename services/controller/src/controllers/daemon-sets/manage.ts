import type { StoredPod } from '@shiplog/kube';
import { isPodReady } from '../../domain/pods';
import { leftMs, type Waits } from '../../domain/failed-pods';
import { foundEnded } from './notes';
import { allowsSurge, bySeniority, isAvailable, isLeaving, type Changes, type Plan, type Site } from './plan';
import { REVISION_LABEL } from '../../domain/revisions/history';

/** What a set's nodes lack and have too much of, whatever revision its pods are of (manage and podsShouldBeOnNode of Kubernetes). */
export function manage(plan: Plan, waits: () => Waits): Changes {
  const surplus: StoredPod[] = [];
  const wanting: string[] = [];
  const notes: Changes['notes'][number][] = [];
  const failed: string[] = [];
  let againInMs = Infinity;
  for (const site of plan.sites) {
    const { node, placement, pods } = site;
    if (placement.runs && pods.length === 0) wanting.push(node);
    else if (!placement.stays) surplus.push(...unwanted(site));
    else {
      const ended = endedOn(plan, site, waits);
      const running = pods.filter((pod) => !isLeaving(pod) && !hasEnded(pod));
      surplus.push(...ended.pods, ...excessive(plan, running));
      notes.push(...ended.pods.map((pod) => foundEnded(plan.set, pod, node)));
      if (ended.pods.some(({ status }) => status?.phase === 'Failed')) failed.push(node);
      againInMs = Math.min(againInMs, ended.againInMs);
      // One that surges has a pod on each node at any time; otherwise one is made when the other is gone.
      if (allowsSurge(plan.set) && placement.runs && running.length === 0) wanting.push(node);
    }
  }
  return { surplus, wanting, notes, failed, againInMs: Number.isFinite(againInMs) ? againInMs : undefined };
}

/** Those of a node that is gone are somebody else's, unless none ever had them. */
function unwanted({ isThere, pods }: Site): StoredPod[] {
  return pods.filter((pod) => !isLeaving(pod) && (isThere || (pod.spec?.nodeName ?? '') === ''));
}

function endedOn({ nowMs }: Plan, { node, pods }: Site, waits: () => Waits): { pods: StoredPod[]; againInMs: number } {
  const ended = pods.filter((pod) => !isLeaving(pod) && hasEnded(pod));
  const hasFailed = ended.some(({ status }) => status?.phase === 'Failed');
  const left = hasFailed ? leftMs(waits(), node, nowMs) : 0;
  if (left === 0) return { pods: ended, againInMs: Infinity };
  return { pods: ended.filter(({ status }) => status?.phase !== 'Failed'), againInMs: left };
}

function hasEnded({ status }: StoredPod): boolean {
  return status?.phase === 'Failed' || status?.phase === 'Succeeded';
}

/**
 * Of several pods that run on a node the oldest stays. Where it may surge, the oldest of the present revision and the oldest of
 * a former one stay both for as long as that one is ready and this one is not yet available. Unlike Kubernetes, one that is
 * ready goes before older ones that are not: two pods of one second are in no order, and the one that serves might go.
 */
function excessive(plan: Plan, running: readonly StoredPod[]): StoredPod[] {
  const [first, ...others] = servingFirst(bySeniority(running));
  if (first === undefined || others.length === 0) return [];
  if (!allowsSurge(plan.set)) return others;
  const sorted = [first, ...others];
  const isPresent = ({ metadata }: StoredPod): boolean => metadata.labels?.[REVISION_LABEL] === plan.hash;
  const present = sorted.find(isPresent);
  const former = sorted.find((pod) => !isPresent(pod));
  const surplus = sorted.filter((pod) => pod !== present && pod !== former);
  const isReplaced =
    present !== undefined && former !== undefined && (!isPodReady(former) || isAvailable(plan, present));
  return isReplaced ? [...surplus, former] : surplus;
}

function servingFirst(pods: readonly StoredPod[]): StoredPod[] {
  return [...pods.filter(isPodReady), ...pods.filter((pod) => !isPodReady(pod))];
}
