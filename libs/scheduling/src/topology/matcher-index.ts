import type { LabelTerm } from '@shiplog/apimachinery';
import type { PodMatcher, SelectablePod } from './pod-matcher';

/**
 * Matchers by what a pod must have for them to match it, so that a pod is compared with those which may, and not with all: a
 * matcher stands under one label that it demands, with each value that it allows; if it demands none, under its namespaces.
 */
export class MatcherIndex<E extends { readonly matcher: PodMatcher }> {
  readonly #shelves = new Map<string, Set<E>>();

  add(entry: E): void {
    for (const name of shelvesOf(entry.matcher)) {
      const shelf = this.#shelves.get(name);
      if (shelf === undefined) this.#shelves.set(name, new Set([entry]));
      else shelf.add(entry);
    }
  }

  delete(entry: E): void {
    for (const name of shelvesOf(entry.matcher)) {
      const shelf = this.#shelves.get(name);
      shelf?.delete(entry);
      if (shelf?.size === 0) this.#shelves.delete(name);
    }
  }

  /** Those that may match the pod; the others don't. */
  *candidates({ namespace, labels }: Pick<SelectablePod, 'namespace' | 'labels'>): Generator<E> {
    if (this.#shelves.size === 0) return;
    yield* this.#shelves.get(ANY) ?? [];
    yield* this.#shelves.get(inNamespace(namespace)) ?? [];
    for (const [key, value] of Object.entries(labels)) {
      yield* this.#shelves.get(withLabel(key)) ?? [];
      yield* this.#shelves.get(withValue(key, value)) ?? [];
    }
  }
}

const ANY = '';
const inNamespace = (namespace: string): string => `n ${namespace}`;
const withLabel = (key: string): string => `l ${key}`;
const withValue = (key: string, value: string): string => `v ${key}=${value}`;

/** The pod must be chosen by every choice: under which shelves the first one says. */
function shelvesOf({ choices: [choice] }: PodMatcher): readonly string[] {
  if (choice?.labels === undefined) return [];
  const demanded = mostTelling(choice.labels);
  if (demanded?.op === 'in') return [...new Set(demanded.values)].map((value) => withValue(demanded.key, value));
  if (demanded !== undefined) return [withLabel(demanded.key)];
  return choice.namespacesWith === undefined ? [...new Set(choice.namespaces)].map(inNamespace) : [ANY];
}

/** A term that a pod without the label doesn't meet. */
type Demand = LabelTerm & { readonly op: 'in' | 'exists' };

function isDemand(term: LabelTerm): term is Demand {
  return term.op === 'in' || term.op === 'exists';
}

/** One value tells more than several, and those more than that there is the label. */
function mostTelling(terms: readonly LabelTerm[]): Demand | undefined {
  const telling = (term: Demand): number => (term.op === 'in' ? term.values.length : Infinity);
  let best: Demand | undefined;
  for (const term of terms) {
    if (isDemand(term) && (best === undefined || telling(term) < telling(best))) best = term;
  }
  return best;
}
