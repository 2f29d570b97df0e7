import { MatcherIndex } from './matcher-index';
import { matchesPod, type PodMatcher, type SelectablePod } from './pod-matcher';
import type { HeldTerm } from './pod-affinities';
import { Tally } from './tally';

/** Where placed pods hold a term, by what they hold it for. */
export interface HeldWhere {
  readonly topologyKey: string;
  /** How many pods hold it, or what it weighs to them. */
  readonly tally: Tally;
}

interface Holding extends HeldWhere {
  readonly isRequired: boolean;
  pods: number;
}

interface Held {
  readonly matcher: PodMatcher;
  readonly holdings: Map<string, Holding>;
}

/** The terms that placed pods hold about others: each distinct one once, and found by the pods that it is about. */
export class HeldTerms {
  readonly #held = new Map<string, Held>();
  readonly #index = new MatcherIndex<Held>();

  /** A pod with this term has come to the node of this index (1) or left it (-1). */
  count(term: HeldTerm, node: number, by: 1 | -1): void {
    const held = this.#heldFor(term.matcher);
    const key = `${term.isRequired ? 'must' : 'may'} ${term.topologyKey}`;
    let holding = held.holdings.get(key);
    if (holding === undefined) {
      const { topologyKey, isRequired } = term;
      held.holdings.set(key, (holding = { topologyKey, isRequired, tally: new Tally(), pods: 0 }));
    }
    holding.pods += by;
    holding.tally.add(node, by * term.weight);
    if (holding.pods === 0) this.#drop(held, key);
  }

  /** Where terms are held that are about this pod: `required` by anti-affinity, or else what weighs for or against it. */
  about(
    pod: SelectablePod,
    namespaceLabels: Readonly<Record<string, string>>,
    required: boolean,
  ): readonly HeldWhere[] {
    const found: HeldWhere[] = [];
    for (const { matcher, holdings } of this.#index.candidates(pod)) {
      if (!matchesPod(matcher, pod, namespaceLabels)) continue;
      for (const holding of holdings.values()) if (holding.isRequired === required) found.push(holding);
    }
    return found;
  }

  #heldFor(matcher: PodMatcher): Held {
    const known = this.#held.get(matcher.key);
    if (known !== undefined) return known;
    const made: Held = { matcher, holdings: new Map() };
    this.#held.set(matcher.key, made);
    this.#index.add(made);
    return made;
  }

  #drop(held: Held, key: string): void {
    held.holdings.delete(key);
    if (held.holdings.size > 0) return;
    this.#held.delete(held.matcher.key);
    this.#index.delete(held);
  }
}
