import type { LabelTerm } from '@shiplog/apimachinery';
import { localKey, type LabelSelector } from '@shiplog/contracts';
import { controllerOf } from '@shiplog/kube';
import type { PodFacts } from '../facts/pod-facts';
import { MatcherIndex } from './matcher-index';
import { labelTerms, matchesPod, podMatcher, type PodMatcher } from './pod-matcher';

/** Kinds of objects that choose pods: those for which Kubernetes spreads pods that ask for no spreading. */
export const SELECTING = ['services', 'replicationcontrollers', 'replicasets.apps', 'statefulsets.apps'] as const;
/** One of those kinds. */
export type Selecting = (typeof SELECTING)[number];

/** Whether objects of a resource choose pods by labels. */
export function isSelecting(resource: string): resource is Selecting {
  return SELECTING.some((name) => name === resource);
}

interface Selector {
  readonly matcher: PodMatcher;
  readonly terms: readonly LabelTerm[];
}

/** The kind of a controller that an owner reference names. */
const CONTROLLERS: ReadonlyMap<string, Selecting> = new Map([
  ['v1 ReplicationController', 'replicationcontrollers'],
  ['apps/v1 ReplicaSet', 'replicasets.apps'],
  ['apps/v1 StatefulSet', 'statefulsets.apps'],
]);

/** How Services and controllers choose pods, kept live. */
export class PodSelectors {
  readonly #byName = new Map<Selecting, Map<string, Selector>>(SELECTING.map((resource) => [resource, new Map()]));
  readonly #services = new MatcherIndex<Selector>();

  /** @param selector undefined: there is none of this name (any more), or it chooses no pods */
  set(resource: Selecting, namespace: string, name: string, selector: LabelSelector | undefined): void {
    const selectors = this.#byName.get(resource);
    const key = localKey(namespace, name);
    const before = selectors?.get(key);
    if (before !== undefined && resource === 'services') this.#services.delete(before);
    selectors?.delete(key);
    const terms = labelTerms(selector);
    if (terms === undefined) return;
    const made: Selector = { matcher: podMatcher([{ namespaces: [namespace], labels: terms }]), terms };
    selectors?.set(key, made);
    if (resource === 'services') this.#services.add(made);
  }

  /** By which labels its Services and its controller choose a pod, all together; none: by nothing (helper.DefaultSelector). */
  of(pod: PodFacts): readonly LabelTerm[] {
    const terms: LabelTerm[] = [];
    for (const service of this.#services.candidates(pod)) {
      if (matchesPod(service.matcher, pod, {})) terms.push(...service.terms);
    }
    return [...terms, ...(this.#controllerOf(pod)?.terms ?? [])];
  }

  #controllerOf({ pod, namespace }: PodFacts): Selector | undefined {
    const owner = controllerOf(pod);
    const resource = CONTROLLERS.get(`${owner?.apiVersion} ${owner?.kind}`);
    if (owner === undefined || resource === undefined) return undefined;
    return this.#byName.get(resource)?.get(localKey(namespace, owner.name));
  }
}
