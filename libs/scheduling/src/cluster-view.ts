import type { ReadonlyCluster } from '@shiplog/cluster';
import { localKey, type LabelSelector, type ObjectOf } from '@shiplog/contracts';
import type { StoredClaim, StoredNode, StoredPod, StoredStorageClass, StoredVolume } from '@shiplog/kube';
import { VerdictMemory } from './evaluation/node-verdicts';
import { BudgetIndex, type StoredBudget } from './facts/budgets';
import type { ClusterFacts } from './facts/cluster-facts';
import { ImageIndex } from './facts/images';
import { NodeFacts } from './facts/node-facts';
import { NodeTable } from './facts/node-table';
import { NominationIndex } from './facts/nominations';
import { occupiedNode, podFacts, type PodFacts } from './facts/pod-facts';
import { PlacedPodIndex } from './topology/placed-pods';
import { SELECTING, type Selecting } from './topology/pod-selectors';
import { PolicyIndex, type Policies } from './policies/policy-index';
import type { StoredPolicy } from './policies/user-policy';
import { VolumeIndex, type Volumes } from './volumes/volumes';

/**
 * The cluster as a decision sees it: valid until the view it was taken from is told of something. A decision may place pods
 * in it, as if they were bound; whoever does so takes each away again.
 */
export interface Snapshot extends ClusterFacts {
  /** What was found out of the nodes so far. */
  readonly verdicts: VerdictMemory;
  /** Which policy decides on which pod. */
  readonly policies: Policies;
  place(pod: PodFacts, node: string): void;
  /** The exact inverse of `place`. */
  displace(pod: PodFacts, node: string): void;
}

const POLICIES = 'schedulingpolicies.scheduling.shiplog.dev';

interface Placement {
  readonly node: string;
  readonly facts: PodFacts;
}

/**
 * The cluster as scheduling sees it, kept live: told of each object that changed (in any order, any number of times), it
 * brings only the sums of the nodes concerned up to date.
 */
export class ClusterView {
  readonly #nodes = new Map<string, NodeFacts>();
  /** Which pods take their share of which node, by uid: also on nodes that are not (yet, or any more) there. */
  readonly #placed = new Map<string, Placement>();
  readonly #volumes = new VolumeIndex();
  readonly #policies = new PolicyIndex();
  readonly #images = new ImageIndex();
  #table: NodeTable | undefined;
  readonly #pods = new PlacedPodIndex();
  readonly #nominations = new NominationIndex();
  readonly #budgets = new BudgetIndex();
  #snapshot: Snapshot | undefined;

  /** The view of a whole state. */
  static of(cluster: ReadonlyCluster): ClusterView {
    const view = new ClusterView();
    view.setVolumes(cluster);
    view.setNamespaces(cluster);
    view.setSelectors(cluster);
    view.setBudgets(cluster);
    view.setPolicies(cluster);
    for (const node of cluster.list('nodes')) view.setNode(node);
    for (const pod of cluster.list('pods')) view.setPod(pod);
    return view;
  }

  /** Every claim, volume and class of a state. */
  setVolumes(cluster: ReadonlyCluster): void {
    for (const storageClass of cluster.list('storageclasses.storage.k8s.io')) {
      this.setStorageClass(storageClass.metadata.name, storageClass);
    }
    for (const volume of cluster.list('persistentvolumes')) this.setVolume(volume.metadata.name, volume);
    for (const claim of cluster.list('persistentvolumeclaims')) {
      this.setClaim(claim.metadata.namespace ?? '', claim.metadata.name, claim);
    }
  }

  /** Every budget of a state. */
  setBudgets(cluster: ReadonlyCluster): void {
    for (const budget of cluster.list('poddisruptionbudgets.policy')) {
      this.setBudget(budget.metadata.namespace ?? '', budget.metadata.name, budget);
    }
  }

  /** Undefined: there is none of this name (any more); so for all that follow. */
  setBudget(namespace: string, name: string, budget: StoredBudget | undefined): void {
    this.#budgets.set(namespace, name, budget);
  }

  /** Every policy of a state. */
  setPolicies(cluster: ReadonlyCluster): void {
    for (const policy of cluster.list(POLICIES)) this.setPolicy(policy.metadata.name, policy);
  }

  setPolicy(name: string, policy: StoredPolicy | undefined): void {
    this.#policies.setPolicy(name, policy);
  }

  get policies(): Policies {
    return this.#policies;
  }

  setClaim(namespace: string, name: string, claim: StoredClaim | undefined): void {
    this.#volumes.setClaim(localKey(namespace, name), claim);
  }

  setVolume(name: string, volume: StoredVolume | undefined): void {
    this.#volumes.setVolume(name, volume);
  }

  setStorageClass(name: string, storageClass: StoredStorageClass | undefined): void {
    this.#volumes.setStorageClass(name, storageClass);
  }

  /** Every namespace of a state. */
  setNamespaces(cluster: ReadonlyCluster): void {
    for (const namespace of cluster.list('namespaces')) this.setNamespace(namespace.metadata.name, namespace);
  }

  /** Undefined: there is none of this name (any more). */
  setNamespace(name: string, namespace: ObjectOf<'namespaces'> | undefined): void {
    this.#pods.setNamespace(name, namespace && (namespace.metadata.labels ?? {}));
    this.#policies.setNamespace(name, namespace);
  }

  /** Every Service and controller of a state that chooses pods. */
  setSelectors(cluster: ReadonlyCluster): void {
    for (const resource of SELECTING) {
      for (const object of cluster.list(resource)) {
        this.setSelector(resource, object.metadata.namespace ?? '', object.metadata.name, object);
      }
    }
  }

  /** Undefined: there is none of this name (any more). */
  setSelector(resource: Selecting, namespace: string, name: string, object: ObjectOf<Selecting> | undefined): void {
    const selector = object?.spec?.selector;
    // A Service and a ReplicationController list labels alone.
    const isPlain = resource === 'services' || resource === 'replicationcontrollers';
    const chosen = isPlain && selector !== undefined ? { matchLabels: selector as Record<string, string> } : selector;
    this.#pods.setSelector(resource, namespace, name, chosen as LabelSelector | undefined);
  }

  get volumes(): Volumes {
    return this.#volumes;
  }

  setNode(node: StoredNode): void {
    const known = this.#nodes.get(node.metadata.name);
    const facts = known?.copy(node) ?? new NodeFacts(node, this.#pods.indexOf(node.metadata.name));
    if (known === undefined) {
      for (const placement of this.#placed.values()) {
        if (placement.node === node.metadata.name) facts.add(placement.facts);
      }
    }
    this.#nodes.set(node.metadata.name, facts);
    this.#countImages(known, facts);
    if (known === undefined) this.#snapshot = undefined;
    else this.#table?.replace(facts);
    this.#pods.setNode(facts);
  }

  removeNode(name: string): void {
    this.#countImages(this.#nodes.get(name), undefined);
    if (!this.#nodes.delete(name)) return;
    this.#pods.removeNode(name);
    this.#snapshot = undefined;
  }

  setPod(pod: StoredPod): void {
    this.#nominations.setPod(pod);
    const node = occupiedNode(pod);
    const placed = this.#placed.get(pod.metadata.uid);
    if (placed !== undefined && node === placed.node && sameShare(placed.facts.pod, pod)) return;
    this.#takeAway(pod.metadata.uid);
    if (node === undefined) return;
    const facts = podFacts(pod);
    this.#placed.set(pod.metadata.uid, { node, facts });
    this.#count(facts, node, 1);
  }

  removePod(uid: string): void {
    this.#nominations.removePod(uid);
    this.#takeAway(uid);
  }

  #takeAway(uid: string): void {
    const placed = this.#placed.get(uid);
    if (placed === undefined) return;
    this.#placed.delete(uid);
    this.#count(placed.facts, placed.node, -1);
  }

  node(name: string): NodeFacts | undefined {
    return this.#nodes.get(name);
  }

  /** Slots are of nodes that come and go together with it: another set of nodes is another snapshot. */
  snapshot(): Snapshot {
    return (this.#snapshot ??= this.#newSnapshot());
  }

  #newSnapshot(): Snapshot {
    const table = new NodeTable(this.#nodes.values());
    this.#table = table;
    return {
      nodes: table.nodes,
      volumes: this.#volumes,
      images: this.#images,
      verdicts: new VerdictMemory(table),
      placed: this.#pods,
      nominations: this.#nominations,
      budgets: this.#budgets,
      policies: this.#policies,
      place: (pod, node) => this.#count(pod, node, 1),
      displace: (pod, node) => this.#count(pod, node, -1),
    };
  }

  #countImages(before: NodeFacts | undefined, after: NodeFacts | undefined): void {
    if (before?.images === after?.images) return;
    if (before !== undefined) this.#images.count(before.images, -1);
    if (after !== undefined) this.#images.count(after.images, 1);
  }

  /** All that pods on nodes sum up to: a pod has come to a node (1) or left it (-1). */
  #count(pod: PodFacts, node: string, by: 1 | -1): void {
    if (by === 1) this.#nodes.get(node)?.add(pod);
    else this.#nodes.get(node)?.remove(pod);
    this.#table?.touch(node);
    this.#volumes.count(pod, by);
    this.#pods.count(pod, node, by);
  }
}

/**
 * Whether all that facts are made of is the same. A projection holds what is equal once, so most changes of status leave these
 * parts identical.
 */
function sameShare(before: StoredPod, after: StoredPod): boolean {
  const [was, is] = [before.metadata, after.metadata];
  return (
    before.spec === after.spec &&
    was.ownerReferences === is.ownerReferences &&
    was.labels === is.labels &&
    was.deletionTimestamp === is.deletionTimestamp &&
    before.status?.startTime === after.status?.startTime &&
    before.status?.conditions === after.status?.conditions &&
    before.status?.containerStatuses === after.status?.containerStatuses &&
    before.status?.initContainerStatuses === after.status?.initContainerStatuses
  );
}
