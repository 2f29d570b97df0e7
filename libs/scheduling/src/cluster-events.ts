import type { AppliedEvent } from '@shiplog/cluster';
import { localKey, type StoredObject } from '@shiplog/contracts';
import { sameJson } from '@shiplog/apimachinery';
import type { StoredNode, StoredPod, StoredVolume } from '@shiplog/kube';
import { occupiedNode, podFacts } from './facts/pod-facts';
import type { ClusterEventKind } from './rule';
import { claimKeysOf } from './volumes/volumes';

/** Something happened, on a node or to a claim or volume, that may make a waiting pod schedulable. */
export interface ClusterEvent {
  readonly kind: ClusterEventKind;
  /** '' for what is on no node. */
  readonly node: string;
  /** As `namespace/name`: only pods with this claim are concerned. */
  readonly claim?: string;
  /** Of the event. */
  readonly position: number;
}

/** What an applied event changed as far as waiting pods are concerned; most events change nothing. */
export function clusterEventsOf({ event, before, after }: AppliedEvent): readonly ClusterEvent[] {
  const { position } = event;
  const at = (kind: ClusterEventKind, node: string): ClusterEvent => ({ kind, node, position });
  const volumesOf = (claim?: string): ClusterEvent => ({ kind: 'VolumesChanged', node: '', position, claim });
  switch (event.resource) {
    case 'persistentvolumeclaims':
      return [volumesOf(localKey(event.namespace, event.name))];
    case 'persistentvolumes':
      return [volumesOf(keeperOf((after ?? before) as StoredVolume | undefined))];
    case 'storageclasses.storage.k8s.io':
      return [volumesOf()];
  }
  if (event.resource === 'nodes') return nodeChanges(before, after).map((kind) => at(kind, event.name));
  if (event.resource !== 'pods' || before === undefined) return NONE;
  const node = occupiedNode(before as StoredPod);
  const still = after !== undefined && after.metadata.uid === before.metadata.uid && occupiedNode(after as StoredPod);
  if (node === undefined || still === node) return NONE;
  return [at('CapacityFreed', node), ...claimKeysOf(podFacts(before as StoredPod)).map(volumesOf)];
}

/** The claim that a volume is kept for; one that is nobody's may be anybody's. */
function keeperOf(volume: StoredVolume | undefined): string | undefined {
  const { claimRef } = volume?.spec ?? {};
  return claimRef === undefined ? undefined : localKey(claimRef.namespace ?? '', claimRef.name ?? '');
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
