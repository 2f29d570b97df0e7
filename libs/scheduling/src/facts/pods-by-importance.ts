import type { PodFacts } from './pod-facts';

/** The pods on one node, the most important first; kept in order as each comes and goes. */
export class PodsByImportance {
  readonly #pods: PodFacts[] = [];

  /** Of the least important; above any priority where there is no pod. */
  get lowestPriority(): number {
    return this.#pods.at(-1)?.priority ?? Infinity;
  }

  /** Those of lower priority than this. */
  below(priority: number): readonly PodFacts[] {
    let first = this.#pods.length;
    while (first > 0 && (this.#pods[first - 1] as PodFacts).priority < priority) first -= 1;
    return this.#pods.slice(first);
  }

  add(pod: PodFacts): void {
    this.#pods.splice(this.#placeOf(pod), 0, pod);
  }

  /** The exact inverse of `add`. */
  remove(pod: PodFacts): void {
    const place = this.#placeOf(pod);
    if (this.#pods[place]?.uid === pod.uid) this.#pods.splice(place, 1);
  }

  /** Takes over what another has, into an empty one. */
  addAll(others: PodsByImportance): void {
    this.#pods.push(...others.#pods);
  }

  /** Where a pod is, or belongs. */
  #placeOf(pod: PodFacts): number {
    let [low, high] = [0, this.#pods.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (byImportance(this.#pods[middle] as PodFacts, pod) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/**
 * Of two pods that may have to go, the one of higher priority stays before the other, then the one that has run for longer
 * (MoreImportantPod of kube-scheduler).
 */
export function byImportance(a: PodFacts, b: PodFacts): number {
  return b.priority - a.priority || compare(a.startTime, b.startTime) || compare(a.uid, b.uid);
}

function compare(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1;
}
