import type { AppliedEvent } from '@shiplog/cluster';
import { localKey, POLICY_ANNOTATION, type StoredObject } from '@shiplog/contracts';
import { sameJson } from '@shiplog/apimachinery';
import { annotationOf, type StoredNode, type StoredPod, type StoredVolume } from '@shiplog/kube';
import { nominatedNode, occupiedNode, podFacts, type PodFacts } from './facts/pod-facts';
import type { ClusterEventKind } from './rule';
import { claimKeysOf } from './volumes/volumes';

/** Something happened, on a node or to a claim or volume, that may make a waiting pod schedulable. */
export interface ClusterEvent {
  readonly kind: ClusterEventKind;
  /** '' for what is on no node. */
  readonly node: string;
  /** As `namespace/name`: only pods with this claim are concerned. */
  readonly claim?: string;
  /** The pod as it was and as it is, of an event that is about what pods see of each other. */
  readonly pods?: readonly PodFacts[];
  /** Only pods that are to be decided on by the policy of this name are concerned, */
  readonly policy?: string;
  /** or only those in this namespace. */
  readonly namespace?: string;
  /** Of the event. */
  readonly position: number;
}

/** Events of which one is enough, when they come together, have an equal key. */
export function eventKey({ kind, node, claim, pods, policy, namespace: home }: ClusterEvent): string {
  const seen = pods?.map(({ namespace, labels, isTerminating, pod }) => [
    namespace,
    labels,
    isTerminating,
    pod.spec?.affinity,
  ]);
  return JSON.stringify([kind, node, claim, seen, policy, home]);
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
    case 'schedulingpolicies.scheduling.shiplog.dev':
      return isOtherPolicy(before, after) ? [{ ...at('PolicyChanged', ''), policy: event.name }] : NONE;
  }
  if (event.resource === 'nodes') return nodeChanges(before, after).map((kind) => at(kind, event.name));
  if (event.resource === 'namespaces') {
    const isSame = sameJson(before?.metadata.labels ?? {}, after?.metadata.labels ?? {});
    const isSameChoice = choiceOf(before) === choiceOf(after);
    return [
      ...(isSame ? NONE : [at('NamespaceLabelsChanged', '')]),
      ...(isSameChoice ? NONE : [{ ...at('PolicyChanged', ''), namespace: event.name }]),
    ];
  }
  if (event.resource !== 'pods') return NONE;
  const from = placement(before as StoredPod | undefined);
  const to = placement(after as StoredPod | undefined);
  const seen = podChanges(from, to).map((kind) => ({
    ...at(kind, ''),
    pods: [from, to].flatMap((item) => item?.pod ?? []),
  }));
  return [
    ...seen,
    ...(isSmaller(from, to) ? [at('CapacityFreed', to?.node ?? '')] : NONE),
    ...roomFreed(before as StoredPod | undefined, after as StoredPod | undefined).flatMap(({ node, pod }) => [
      at('CapacityFreed', node),
      ...claimKeysOf(podFacts(pod)).map(volumesOf),
    ]),
  ];
}

/** Where others had to leave room for a pod, and no longer have to. */
function roomFreed(before: StoredPod | undefined, after: StoredPod | undefined): { node: string; pod: StoredPod }[] {
  const node = before === undefined ? undefined : roomOf(before);
  const still = after !== undefined && after.metadata.uid === before?.metadata.uid && roomOf(after);
  return before === undefined || node === undefined || still === node ? [] : [{ node, pod: before }];
}

interface Placement {
  readonly pod: PodFacts;
  readonly node: string;
}

function placement(pod: StoredPod | undefined): Placement | undefined {
  const node = pod === undefined ? undefined : occupiedNode(pod);
  return pod === undefined || node === undefined ? undefined : { pod: podFacts(pod), node };
}

function isSamePlace(from: Placement, to: Placement | undefined): boolean {
  return from.node === to?.node && from.pod.uid === to.pod.uid;
}

function podChanges(from: Placement | undefined, to: Placement | undefined): readonly ClusterEventKind[] {
  if (from === undefined) return to === undefined ? [] : ['PodPlaced'];
  if (to === undefined) return ['PodRemoved'];
  if (!isSamePlace(from, to)) return ['PodRemoved', 'PodPlaced'];
  const isSame = from.pod.isTerminating === to.pod.isTerminating && sameJson(from.pod.labels, to.pod.labels);
  return isSame ? [] : ['PodChanged'];
}

/** Whether a pod takes less of anything where it is: it was resized (UpdatePodScaleDown of kube-scheduler). */
function isSmaller(from: Placement | undefined, to: Placement | undefined): boolean {
  if (from === undefined || to === undefined || !isSamePlace(from, to)) return false;
  const [had, has] = [from.pod.requests, to.pod.requests];
  return had !== has && [...had].some(([resource, amount]) => amount > (has.get(resource) ?? 0));
}

/** Where others have to leave room for a pod. */
function roomOf(pod: StoredPod): string | undefined {
  return occupiedNode(pod) ?? nominatedNode(pod);
}

function isOtherPolicy(before: StoredObject | undefined, after: StoredObject | undefined): boolean {
  return before?.metadata.generation !== after?.metadata.generation || before?.metadata.uid !== after?.metadata.uid;
}

function choiceOf(namespace: StoredObject | undefined): string | undefined {
  return namespace === undefined ? undefined : annotationOf(namespace, POLICY_ANNOTATION);
}

/** The claim that a volume is kept for; one that is nobody's may be anybody's. */
function keeperOf(volume: StoredVolume | undefined): string | undefined {
  const { claimRef } = volume?.spec ?? {};
  return claimRef === undefined ? undefined : localKey(claimRef.namespace ?? '', claimRef.name ?? '');
}

const NONE: readonly ClusterEvent[] = [];

function nodeChanges(before: StoredObject | undefined, after: StoredObject | undefined): readonly ClusterEventKind[] {
  if (after === undefined) return before === undefined ? [] : ['NodeRemoved'];
  if (before === undefined || before.metadata.uid !== after.metadata.uid)
    return before === undefined ? ['NodeAdded'] : ['NodeRemoved', 'NodeAdded'];
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
