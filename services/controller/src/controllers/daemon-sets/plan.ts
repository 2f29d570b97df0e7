import type { StoredNode, StoredPod } from '@shiplog/kube';
import { isPodFinished, timeOf, untilAvailableMs } from '../../domain/pods';
import { scaledValue } from '../../domain/int-or-percent';
import { REVISION_LABEL } from '../../domain/revisions/history';
import type { Note } from '../../runtime/domain/controller';
import { placementOf, targetOf, type DaemonSet, type Placement } from './placement';

export const GENERATION_LABEL = 'pod-template-generation';
const GENERATION_ANNOTATION = 'deprecated.daemonset.template.generation';

/** One node, or what is left of one, with a set's pods for it. */
export interface Site {
  readonly node: string;
  /** Nowhere where the node is gone. */
  readonly placement: Placement;
  readonly isThere: boolean;
  readonly pods: readonly StoredPod[];
}

/** What is looked at to say which pods come and go. */
export interface Plan {
  readonly set: DaemonSet;
  /** Of the present revision. */
  readonly hash: string;
  readonly sites: readonly Site[];
  readonly nowMs: number;
}

/** Pods that are to go, nodes that are to get one, and what is to be told of it. */
export interface Changes {
  readonly surplus: readonly StoredPod[];
  readonly wanting: readonly string[];
  readonly notes: readonly Note[];
  /** Nodes whose failed pods are among the surplus. */
  readonly failed: readonly string[];
  /** When a failed pod that has to wait is looked at again. */
  readonly againInMs?: number;
}

/** Nodes and a set's pods for them, by the nodes' names. */
export function sitesOf(set: DaemonSet, nodes: readonly StoredNode[], pods: readonly StoredPod[]): Site[] {
  const byNode = new Map<string, StoredPod[]>();
  for (const pod of pods) {
    const node = targetOf(pod);
    // One that has ended and is on its way out is in nobody's way.
    if (node === undefined || (isLeaving(pod) && isPodFinished(pod))) continue;
    byNode.set(node, [...(byNode.get(node) ?? []), pod]);
  }
  const placement = placementOf(set);
  const there = nodes.map((node): Site => {
    const { name } = node.metadata;
    return { node: name, placement: placement(node), isThere: true, pods: byNode.get(name) ?? [] };
  });
  for (const { node } of there) byNode.delete(node);
  const nowhere: Placement = { runs: false, stays: false };
  const gone = [...byNode].map(([node, left]): Site => ({ node, placement: nowhere, isThere: false, pods: left }));
  return [...there, ...gone].sort((a, b) => (a.node < b.node ? -1 : 1));
}

export function isLeaving({ metadata }: StoredPod): boolean {
  return metadata.deletionTimestamp !== undefined;
}

/** Whether the pod has been ready for the set's minReadySeconds. */
export function isAvailable({ set, nowMs }: Plan, pod: StoredPod): boolean {
  return untilAvailableMs(pod, set.spec?.minReadySeconds ?? 0, nowMs) === 0;
}

/** Whether the pod is of the present template: by its revision, or by the number that older versions counted templates by. */
export function isUpdated({ set, hash }: Plan, { metadata: { labels = {} } }: StoredPod): boolean {
  const generation = templateGeneration(set);
  return labels[REVISION_LABEL] === hash || (generation !== undefined && labels[GENERATION_LABEL] === generation);
}

export function templateGeneration({ metadata }: DaemonSet): string | undefined {
  return metadata.annotations?.[GENERATION_ANNOTATION];
}

/** Those that have a node first, then the oldest. */
export function bySeniority(pods: readonly StoredPod[]): StoredPod[] {
  const isPlaced = ({ spec }: StoredPod): number => ((spec?.nodeName ?? '') === '' ? 1 : 0);
  const made = ({ metadata }: StoredPod): number => timeOf(metadata.creationTimestamp);
  return [...pods].sort(
    (a, b) => isPlaced(a) - isPlaced(b) || made(a) - made(b) || (a.metadata.name < b.metadata.name ? -1 : 1),
  );
}

/** How many pods more, and how many fewer, there may be during an update of so many. */
export function bounds({ set, sites }: Plan): { maxSurge: number; maxUnavailable: number; desired: number } {
  const desired = sites.filter(({ placement }) => placement.runs).length;
  const { rollingUpdate } = set.spec?.updateStrategy ?? {};
  const maxSurge = allowsSurge(set) ? (scaledValue(rollingUpdate?.maxSurge ?? 0, desired, 'up') ?? 0) : 0;
  const maxUnavailable = scaledValue(rollingUpdate?.maxUnavailable ?? 0, desired, 'up') ?? 0;
  // With neither an update would never move.
  return { maxSurge, maxUnavailable: maxSurge === 0 ? Math.max(1, maxUnavailable) : maxUnavailable, desired };
}

/** Whether a node may have two pods of the set during an update. */
export function allowsSurge({ spec }: DaemonSet): boolean {
  const { type, rollingUpdate } = spec?.updateStrategy ?? {};
  return type === 'RollingUpdate' && !['0', '0%'].includes(String(rollingUpdate?.maxSurge ?? 0));
}
