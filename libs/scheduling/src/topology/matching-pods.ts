import { MatcherIndex } from './matcher-index';
import { matchesPod, type PodMatcher, type SelectablePod } from './pod-matcher';
import { Recent } from './recent';
import { Tally } from './tally';

/** How many matchers are counted at the same time: those that decisions asked for last. */
const COUNTED_MATCHERS = 2_000;

interface Counted {
  readonly matcher: PodMatcher;
  readonly tally: Tally;
}

/** Placed pods that are the same to all matchers. */
interface AlikePods extends SelectablePod {
  pods: number;
  readonly tally: Tally;
  readonly countedBy: Set<Counted>;
}

/**
 * How many placed pods match, where. Pods are held by their labels, once for all that have the same; a matcher is counted over
 * them when it is first asked for, and from then on with each pod that comes and goes.
 */
export class MatchingPods {
  readonly #alike = new Map<string, Map<string, AlikePods>>();
  readonly #index = new MatcherIndex<Counted>();
  readonly #counted = new Recent<Counted>(COUNTED_MATCHERS, (counted) => this.#forget(counted));

  constructor(private readonly namespaceLabels: (namespace: string) => Readonly<Record<string, string>>) {}

  /** The placed pods that match. */
  matching(matcher: PodMatcher): Tally {
    return this.#counted.getOrMake(matcher.key, () => this.#count(matcher)).tally;
  }

  /** A pod has come to the node of this index (1) or left it (-1). */
  count(pod: SelectablePod, node: number, by: 1 | -1): void {
    const alike = this.#alikeTo(pod);
    alike.pods += by;
    alike.tally.add(node, by);
    for (const { tally } of alike.countedBy) tally.add(node, by);
    if (alike.pods === 0) this.#drop(alike);
  }

  /** The labels of a namespace are others now: its pods are told anew who means them. */
  renewNamespace(namespace: string): void {
    const concerned = [...this.#counted.values()].filter(({ matcher }) =>
      matcher.choices.some(({ namespacesWith }) => namespacesWith !== undefined),
    );
    for (const alike of this.#alike.get(namespace)?.values() ?? []) {
      for (const counted of concerned) {
        const isMeant = this.#matches(counted.matcher, alike);
        if (isMeant !== alike.countedBy.has(counted)) this.#include(alike, counted, isMeant ? 1 : -1);
      }
    }
  }

  #count(matcher: PodMatcher): Counted {
    const counted: Counted = { matcher, tally: new Tally() };
    for (const alike of this.#inReach(matcher)) {
      if (this.#matches(matcher, alike)) this.#include(alike, counted, 1);
    }
    this.#index.add(counted);
    return counted;
  }

  #include(alike: AlikePods, counted: Counted, by: 1 | -1): void {
    if (by === 1) alike.countedBy.add(counted);
    else alike.countedBy.delete(counted);
    for (const [node, pods] of alike.tally.byNode) counted.tally.add(node, by * pods);
  }

  #forget(counted: Counted): void {
    this.#index.delete(counted);
    for (const alike of this.#inReach(counted.matcher)) alike.countedBy.delete(counted);
  }

  *#inReach({ choices: [choice] }: PodMatcher): Generator<AlikePods> {
    const namespaces = choice?.namespacesWith === undefined ? new Set(choice?.namespaces) : this.#alike.keys();
    for (const namespace of namespaces) yield* this.#alike.get(namespace)?.values() ?? [];
  }

  #matches(matcher: PodMatcher, pod: SelectablePod): boolean {
    return matchesPod(matcher, pod, this.namespaceLabels(pod.namespace));
  }

  #alikeTo({ namespace, labels, isTerminating }: SelectablePod): AlikePods {
    let inNamespace = this.#alike.get(namespace);
    if (inNamespace === undefined) this.#alike.set(namespace, (inNamespace = new Map()));
    const key = keyOf(labels, isTerminating);
    const known = inNamespace.get(key);
    if (known !== undefined) return known;
    const made: AlikePods = {
      namespace,
      labels,
      isTerminating,
      pods: 0,
      tally: new Tally(),
      countedBy: new Set(),
    };
    for (const counted of this.#index.candidates(made)) {
      if (this.#matches(counted.matcher, made)) made.countedBy.add(counted);
    }
    inNamespace.set(key, made);
    return made;
  }

  #drop({ namespace, labels, isTerminating }: AlikePods): void {
    const inNamespace = this.#alike.get(namespace);
    inNamespace?.delete(keyOf(labels, isTerminating));
    if (inNamespace?.size === 0) this.#alike.delete(namespace);
  }
}

const keys = new WeakMap<object, string>();

/** Kept by the identity of the labels, which a projection shares between pods. */
function keyOf(labels: Readonly<Record<string, string>>, isTerminating: boolean): string {
  let key = keys.get(labels);
  if (key === undefined) keys.set(labels, (key = JSON.stringify(Object.entries(labels).sort())));
  return isTerminating ? `terminating ${key}` : key;
}
