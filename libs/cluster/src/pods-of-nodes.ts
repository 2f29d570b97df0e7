import type { StoredObject } from '@shiplog/contracts';
import { nodeOf } from './decide/change';

/**
 * The pods of each node. Every agent of every node has what it holds of its own pods proved twice a minute: to look for
 * these among all that there are would take the square of the cluster's size.
 */
export class PodsOfNodes {
  readonly #pods = new Map<string, Set<StoredObject>>();

  constructor(pods: Iterable<StoredObject> = []) {
    for (const pod of pods) this.replace(undefined, pod);
  }

  of(node: string): Iterable<StoredObject> {
    return this.#pods.get(node) ?? [];
  }

  /** A pod changed; undefined stands for one that is not there. Those bound to no node are of none. */
  replace(before: StoredObject | undefined, after: StoredObject | undefined): void {
    const [from, to] = [before, after].map((pod) => (pod === undefined ? '' : nodeOf('pods', pod)));
    if (before !== undefined && from) this.#remove(from, before);
    if (after === undefined || !to) return;
    const pods = this.#pods.get(to);
    if (pods === undefined) this.#pods.set(to, new Set([after]));
    else pods.add(after);
  }

  #remove(node: string, pod: StoredObject): void {
    const pods = this.#pods.get(node);
    pods?.delete(pod);
    if (pods?.size === 0) this.#pods.delete(node);
  }
}
