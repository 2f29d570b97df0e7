import { peerClass, podClass } from './facts/pod-class';
import { nominatedNode, type PodFacts } from './facts/pod-facts';
import { interPodAffinity } from './rules/inter-pod-affinity';
import { podTopologySpread } from './rules/pod-topology-spread';

/** Rules to which other things of a pod matter than to those that look at it and a node alone. */
const AMONG_PODS: ReadonlySet<string> = new Set([interPodAffinity.name, podTopologySpread.name]);

/** Pods that fit nowhere, are of one class and priority, and were refused by the same rules. */
export interface WaitingClass {
  readonly refusedBy: readonly string[];
  readonly pods: ReadonlyMap<string, PodFacts>;
}

interface MutableClass extends WaitingClass {
  readonly pods: Map<string, PodFacts>;
}

/**
 * Pods that fit nowhere, in classes: of ten thousand pods made from ten templates, an event is a question about ten. Each waits for
 * what helps against the rules that refused it.
 */
export class WaitingPods {
  readonly #classes = new Map<string, MutableClass>();
  readonly #byRule = new Map<string, Set<MutableClass>>();
  /** Of each pod, the key of its class, and since when it waits; who waits longest is first. */
  readonly #pods = new Map<string, { readonly key: string; readonly since: number }>();

  get size(): number {
    return this.#pods.size;
  }

  /** Who has waited longest. */
  get longest(): { readonly uid: string; readonly since: number } | undefined {
    for (const [uid, { since }] of this.#pods) return { uid, since };
    return undefined;
  }

  /** @param now since when it waits, if it has not before */
  set(facts: PodFacts, refusedBy: readonly string[], now: number): void {
    const { uid } = facts;
    // What happens to a claim, or on the node where room is made, concerns the pods that have it, and no other.
    const isAlone = facts.claims.length > 0 || nominatedNode(facts.pod) !== undefined;
    const kind = refusedBy.some((rule) => AMONG_PODS.has(rule)) ? peerClass(facts) : podClass(facts);
    const alike = isAlone ? uid : `${kind}\n${facts.priority} ${facts.pod.spec?.preemptionPolicy}`;
    const key = [alike, ...refusedBy].join('\n');
    const known = this.#pods.get(uid);
    if (known !== undefined && known.key !== key) this.#leave(uid, known.key);
    this.#pods.set(uid, { key, since: known?.since ?? now });
    const found = this.#classes.get(key) ?? this.#addClass(key, refusedBy);
    found.pods.set(uid, facts);
  }

  delete(uid: string): void {
    const known = this.#pods.get(uid);
    if (known === undefined) return;
    this.#pods.delete(uid);
    this.#leave(uid, known.key);
  }

  /** The classes that wait now for what any of these rules names, each once. */
  refusedBy(rules: Iterable<string>): readonly WaitingClass[] {
    const classes = new Set<WaitingClass>();
    for (const rule of rules) for (const found of this.#byRule.get(rule) ?? []) classes.add(found);
    return [...classes];
  }

  get classes(): readonly WaitingClass[] {
    return [...this.#classes.values()];
  }

  #addClass(key: string, refusedBy: readonly string[]): MutableClass {
    const made: MutableClass = { refusedBy, pods: new Map() };
    this.#classes.set(key, made);
    for (const rule of refusedBy) {
      const classes = this.#byRule.get(rule);
      if (classes === undefined) this.#byRule.set(rule, new Set([made]));
      else classes.add(made);
    }
    return made;
  }

  #leave(uid: string, key: string): void {
    const left = this.#classes.get(key);
    left?.pods.delete(uid);
    if (left === undefined || left.pods.size > 0) return;
    this.#classes.delete(key);
    for (const rule of left.refusedBy) this.#byRule.get(rule)?.delete(left);
  }
}
