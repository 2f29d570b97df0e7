import type { ReadonlyCluster } from '@shiplog/cluster';
import type { StoredNode, StoredPod } from '@shiplog/kube';
import { NodeFacts } from './facts/node-facts';
import { occupiedNode, podFacts, type PodFacts } from './facts/pod-facts';

/** The nodes by name as a decision sees them. Valid until the view it was taken from is changed. */
export interface Snapshot {
  readonly nodes: readonly NodeFacts[];
}

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
  #snapshot: Snapshot | undefined;

  /** The view of a whole state. */
  static of(cluster: ReadonlyCluster): ClusterView {
    const view = new ClusterView();
    for (const node of cluster.list('nodes')) view.setNode(node);
    for (const pod of cluster.list('pods')) view.setPod(pod);
    return view;
  }

  setNode(node: StoredNode): void {
    const known = this.#nodes.get(node.metadata.name);
    const facts = known?.copy(node) ?? new NodeFacts(node);
    if (known === undefined) {
      for (const placement of this.#placed.values()) {
        if (placement.node === node.metadata.name) facts.add(placement.facts);
      }
    }
    this.#nodes.set(node.metadata.name, facts);
    this.#snapshot = undefined;
  }

  removeNode(name: string): void {
    if (this.#nodes.delete(name)) this.#snapshot = undefined;
  }

  setPod(pod: StoredPod): void {
    const node = occupiedNode(pod);
    const placed = this.#placed.get(pod.metadata.uid);
    if (placed !== undefined && node === placed.node && sameShare(placed.facts.pod, pod)) return;
    this.removePod(pod.metadata.uid);
    if (node === undefined) return;
    const facts = podFacts(pod);
    this.#placed.set(pod.metadata.uid, { node, facts });
    this.#nodes.get(node)?.add(facts);
  }

  removePod(uid: string): void {
    const placed = this.#placed.get(uid);
    if (placed === undefined) return;
    this.#placed.delete(uid);
    this.#nodes.get(placed.node)?.remove(placed.facts);
  }

  node(name: string): NodeFacts | undefined {
    return this.#nodes.get(name);
  }

  snapshot(): Snapshot {
    return (this.#snapshot ??= {
      nodes: [...this.#nodes.values()].sort((a, b) => (a.name < b.name ? -1 : 1)),
    });
  }
}

/** A change of status alone, by far the most frequent, leaves the parts that were not touched identical. */
function sameShare(before: StoredPod, after: StoredPod): boolean {
  return before.spec === after.spec && before.metadata.ownerReferences === after.metadata.ownerReferences;
}
