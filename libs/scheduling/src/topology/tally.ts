import type { Division } from './node-domains';

/** Divisions that one tally is kept by at the same time: those of the constraints and terms that ask for its pods. */
const KEPT_SUMS = 8;

/** Amounts by number, of which those that are zero are not there. */
export type Sums = ReadonlyMap<number, number>;

interface DomainSums {
  readonly division: Division;
  readonly sums: Map<number, number>;
}

/** Pods (or what they weigh) by node, and summed up by domain as asked for: kept right with each pod that comes and goes. */
export class Tally {
  readonly #byNode = new Map<number, number>();
  #byDomain: DomainSums[] = [];

  /** By the node's index. */
  get byNode(): Sums {
    return this.#byNode;
  }

  add(node: number, amount: number): void {
    increase(this.#byNode, node, amount);
    for (const { division, sums } of this.#byDomain) addTo(sums, division, node, amount);
  }

  /** By domain. Valid until the next change of the nodes. */
  byDomain(division: Division): Sums {
    const known = this.#byDomain.find((item) => item.division === division);
    if (known !== undefined) return known.sums;
    const sums = new Map<number, number>();
    for (const [node, amount] of this.#byNode) addTo(sums, division, node, amount);
    const others = this.#byDomain.filter((item) => !item.division.isStale).slice(1 - KEPT_SUMS);
    this.#byDomain = [...others, { division, sums }];
    return sums;
  }
}

function addTo(sums: Map<number, number>, division: Division, node: number, amount: number): void {
  const domain = division.of[node] ?? -1;
  if (domain !== -1) increase(sums, domain, amount);
}

function increase(sums: Map<number, number>, key: number, by: number): void {
  const sum = (sums.get(key) ?? 0) + by;
  if (sum === 0) sums.delete(key);
  else sums.set(key, sum);
}

/** What is nowhere. */
export const NO_SUMS: Sums = new Map();
