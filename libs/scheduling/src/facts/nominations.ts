import type { StoredPod } from '@shiplog/kube';
import { nominatedNode, podFacts, type PodFacts } from './pod-facts';

/** Pods for which room is being made, by the node where that is: they have no node yet. */
export interface Nominations {
  readonly isEmpty: boolean;
  /** In no order. */
  on(node: string): readonly PodFacts[];
}

/** The nominations of a cluster, kept live. */
export class NominationIndex implements Nominations {
  readonly #byNode = new Map<string, Map<string, PodFacts>>();
  readonly #nodes = new Map<string, string>();

  get isEmpty(): boolean {
    return this.#nodes.size === 0;
  }

  on(node: string): readonly PodFacts[] {
    const pods = this.#byNode.get(node);
    return pods === undefined ? NONE : [...pods.values()];
  }

  setPod(pod: StoredPod): void {
    const node = nominatedNode(pod);
    const { uid } = pod.metadata;
    if (node !== this.#nodes.get(uid)) this.removePod(uid);
    if (node === undefined) return;
    this.#nodes.set(uid, node);
    let pods = this.#byNode.get(node);
    if (pods === undefined) this.#byNode.set(node, (pods = new Map<string, PodFacts>()));
    pods.set(uid, podFacts(pod));
  }

  removePod(uid: string): void {
    const node = this.#nodes.get(uid);
    if (node === undefined) return;
    this.#nodes.delete(uid);
    const pods = this.#byNode.get(node);
    pods?.delete(uid);
    if (pods?.size === 0) this.#byNode.delete(node);
  }
}

const NONE: readonly PodFacts[] = [];

/** Where nothing is asked of other pods. */
export const NO_NOMINATIONS: Nominations = new NominationIndex();

/** The same with what decisions before have changed: pods that got a node, that were nominated to one, or lost that. */
export class ChangedNominations implements Nominations {
  readonly #added = new Map<string, PodFacts[]>();
  readonly #ended = new Set<string>();

  constructor(private readonly nominations: Nominations) {}

  get isEmpty(): boolean {
    return this.nominations.isEmpty && this.#added.size === 0;
  }

  on(node: string): readonly PodFacts[] {
    const before = this.nominations.on(node);
    const added = this.#added.get(node) ?? NONE;
    if (added.length === 0 && (before.length === 0 || this.#ended.size === 0)) return before;
    return [...before.filter(({ uid }) => !this.#ended.has(uid)), ...added];
  }

  /** The pod is nominated to this node, and to no other. */
  add(pod: PodFacts, node: string): void {
    this.#ended.add(pod.uid);
    const added = this.#added.get(node);
    if (added === undefined) this.#added.set(node, [pod]);
    else added.push(pod);
  }

  /** The pod is not nominated any more: of those that were before. */
  end(pod: PodFacts): void {
    this.#ended.add(pod.uid);
  }
}
