import type { AppliedEvent } from '@shiplog/cluster';
import type { StoredObject } from '@shiplog/contracts';
import { sameJson } from '@shiplog/apimachinery';
import type { StoredNode, StoredPod } from '@shiplog/kube';
import { occupiedNode } from './facts/pod-facts';
import type { ClusterEventKind } from './rule';

/** Something happened on a node that may make a waiting pod schedulable. */
export interface ClusterEvent {
  readonly kind: ClusterEventKind;
  readonly node: string;
  /** Of the event. */
  readonly position: number;
}

/** What an applied event changed as far as waiting pods are concerned; most events change nothing. */
export function clusterEventsOf({ event, before, after }: AppliedEvent): readonly ClusterEvent[] {
  const at = (kind: ClusterEventKind, node: string): ClusterEvent => ({ kind, node, position: event.position });
  if (event.resource === 'nodes') return nodeChanges(before, after).map((kind) => at(kind, event.name));
  if (event.resource !== 'pods' || before === undefined) return NONE;
  const node = occupiedNode(before as StoredPod);
  const still = after !== undefined && after.metadata.uid === before.metadata.uid && occupiedNode(after as StoredPod);
  return node === undefined || still === node ? NONE : [at('CapacityFreed', node)];
}

const NONE: readonly ClusterEvent[] = [];

function nodeChanges(before: StoredObject | undefined, after: StoredObject | undefined): readonly ClusterEventKind[] {
  if (after === undefined) return [];
  if (before === undefined || before.metadata.uid !== after.metadata.uid) return ['NodeAdded'];
  const from = before as StoredNode;
  const to = after as StoredNode;
  const kinds: ClusterEventKind[] = [];
  if (!sameJson(admission(from), admission(to))) kinds.push('NodeAdmissionChanged');
  if (!sameJson(from.metadata.labels ?? {}, to.metadata.labels ?? {})) kinds.push('NodeLabelsChanged');
  if (!sameJson(offered(from), offered(to))) kinds.push('NodeAllocatableChanged');
  return kinds;
}

function admission(node: StoredNode): unknown {
  return [node.spec?.unschedulable ?? false, node.spec?.taints ?? []];
}

function offered(node: StoredNode): unknown {
  return node.status?.allocatable ?? node.status?.capacity ?? {};
}
