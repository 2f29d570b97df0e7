import type { LabelTerm } from '@shiplog/apimachinery';
import type { LabelSelector } from '@shiplog/contracts';
import type { NodeFacts } from '../facts/node-facts';
import type { PodFacts } from '../facts/pod-facts';
import { HeldTerms, type HeldWhere } from './held-terms';
import { MatchingPods } from './matching-pods';
import { NodeDomains, type Among, type Division } from './node-domains';
import { podAffinities } from './pod-affinities';
import { matchesPod, type PodMatcher } from './pod-matcher';
import { PodSelectors, type Selecting } from './pod-selectors';
import type { Tally } from './tally';

type Labels = Readonly<Record<string, string>>;

/** What a decision may ask of the pods that have a node: where those are that a pod means, and where those that mean it. */
export interface PlacedPods {
  /** The placed pods that match. */
  matching(matcher: PodMatcher): Tally;
  /** Where required anti-affinity of placed pods keeps this pod off. */
  repelling(pod: PodFacts): readonly HeldWhere[];
  /** Where what placed pods prefer, and whom they have to be near, weighs for or against this pod. */
  preferring(pod: PodFacts): readonly HeldWhere[];
  /** By which labels its Services and its controller choose a pod, all together; none: by nothing. */
  siblings(pod: PodFacts): readonly LabelTerm[];
  /** Whether the pod itself is meant. */
  matches(matcher: PodMatcher, pod: PodFacts): boolean;
  /** The nodes that have a label (those that are `among`), divided by its value. */
  divide(label: string, among?: Among): Division;
}

/** The pods that have a node, by what they and others ask of each other: kept live, and the same whatever came first. */
export class PlacedPodIndex implements PlacedPods {
  readonly #nodes = new NodeDomains();
  readonly #namespaces = new Map<string, Labels>();
  readonly #pods = new MatchingPods((namespace) => this.#labelsOf(namespace));
  readonly #terms = new HeldTerms();
  readonly #selectors = new PodSelectors();

  /** The index that a node's facts are to have. */
  indexOf(node: string): number {
    return this.#nodes.indexOf(node);
  }

  setNode(node: NodeFacts): void {
    this.#nodes.setNode(node);
  }

  removeNode(name: string): void {
    this.#nodes.removeNode(name);
  }

  /** Undefined: there is none of this name (any more). */
  setNamespace(name: string, labels: Labels | undefined): void {
    if (labels === undefined) this.#namespaces.delete(name);
    else this.#namespaces.set(name, labels);
    this.#pods.renewNamespace(name);
  }

  /** How an object chooses pods; undefined: there is none of this name (any more), or it chooses none. */
  setSelector(resource: Selecting, namespace: string, name: string, selector: LabelSelector | undefined): void {
    this.#selectors.set(resource, namespace, name, selector);
  }

  /** A pod has come to a node (1) or left it (-1). */
  count(pod: PodFacts, node: string, by: 1 | -1): void {
    const index = this.#nodes.count(node, by);
    this.#pods.count(pod, index, by);
    for (const term of podAffinities(pod)?.held ?? []) this.#terms.count(term, index, by);
  }

  matching(matcher: PodMatcher): Tally {
    return this.#pods.matching(matcher);
  }

  repelling(pod: PodFacts): readonly HeldWhere[] {
    return this.#terms.about(pod, this.#labelsOf(pod.namespace), true);
  }

  preferring(pod: PodFacts): readonly HeldWhere[] {
    return this.#terms.about(pod, this.#labelsOf(pod.namespace), false);
  }

  siblings(pod: PodFacts): readonly LabelTerm[] {
    return this.#selectors.of(pod);
  }

  matches(matcher: PodMatcher, pod: PodFacts): boolean {
    return matchesPod(matcher, pod, this.#labelsOf(pod.namespace));
  }

  divide(label: string, among?: Among): Division {
    return this.#nodes.divide(label, among);
  }

  #labelsOf(namespace: string): Labels {
    return this.#namespaces.get(namespace) ?? NO_LABELS;
  }
}

const NO_LABELS: Labels = {};

/** Where a rule is asked without a cluster. */
export const NO_PODS: PlacedPods = new PlacedPodIndex();
