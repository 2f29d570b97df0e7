import type { ResourceQuotaSpec } from '@shiplog/contracts';
import { Sums, ZERO, textOf, type Amount } from './amounts';
import { isInScope } from './scopes';
import { isCounted, type Facets, type Usage } from './usage';

/** The part of a ledger that deciders see. */
export interface ReadonlyQuotaLedger {
  /** How much is used of a resource by what a quota is about. */
  used(spec: ResourceQuotaSpec, name: string): Amount;
}

/**
 * What the objects of a namespace use together, of all that quotas can limit: kept up to date object by object, so that a new
 * one asks for the sums and doesn't count all the others. Objects that every quota sees alike are counted in one place, so the
 * usage of a quota that is new, or has changed, is there too.
 */
export class QuotaLedger implements ReadonlyQuotaLedger {
  readonly #groups = new Map<string, { readonly facets: Facets; readonly sums: Sums }>();

  /** An object changed; undefined stands for one that is not there, or that nobody counts. */
  replace(before: Usage | undefined, after: Usage | undefined): void {
    if (before === after) return;
    if (before !== undefined) this.#add(before, -1);
    if (after !== undefined) this.#add(after, 1);
  }

  /** Whether nothing is used. */
  get isEmpty(): boolean {
    return this.#groups.size === 0;
  }

  used(spec: ResourceQuotaSpec, name: string): Amount {
    const parts: Amount[] = [];
    for (const { facets, sums } of this.#groups.values()) {
      const part = sums.of(name);
      if (part !== ZERO && isInScope(spec, facets)) parts.push(part);
    }
    return sum(parts);
  }

  #add({ facets, amounts }: Usage, sign: 1 | -1): void {
    const key = JSON.stringify(facets);
    let group = this.#groups.get(key);
    if (group === undefined) this.#groups.set(key, (group = { facets, sums: new Sums() }));
    for (const [name, amount] of amounts) group.sums.add(name, amount, sign);
    if (group.sums.isEmpty) this.#groups.delete(key);
  }
}

/** What a quota's status should say is used by what is in some ledgers together: of all that it limits and that is counted. */
export function usedOf(spec: ResourceQuotaSpec, ...ledgers: readonly ReadonlyQuotaLedger[]): Record<string, string> {
  const names = Object.keys(spec.hard ?? {}).filter((name) => isCounted(name));
  return Object.fromEntries(names.map((name) => [name, textOf(sum(ledgers.map((ledger) => ledger.used(spec, name))))]));
}

function sum(amounts: readonly Amount[]): Amount {
  return amounts.reduce(
    (total, part) => ({ milli: total.milli + part.milli, binary: total.binary + part.binary }),
    ZERO,
  );
}
