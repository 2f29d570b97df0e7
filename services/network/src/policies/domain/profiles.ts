import type { Direction } from './compile';
import { names } from './layout';
import type { PolicyTable, RuleChain } from './policy-table';
import type { PolicyChain } from './rule-chains';

/** Policies of a profile that has them in one chain, and parts of one that has more. */
const FEW = 32;

/** What the policies let through that isolate some pods in a direction. */
export interface Profile {
  readonly chain: RuleChain;
  readonly parts: readonly RuleChain[];
  /** Pods that have it. */
  uses: number;
}

/**
 * Makes the chains of profiles: a jump for each policy. Where they are many they are spread over parts by their numbers, so
 * that a policy that comes or goes makes one part anew and not all of them.
 */
export class Profiles {
  constructor(private readonly table: PolicyTable) {}

  /** A profile with one use; equal policies, in any order, have the same chain. */
  make(direction: Direction, isolating: readonly PolicyChain[]): Profile {
    const chains = new Map(isolating.flatMap(({ chain }) => (chain === undefined ? [] : [[chain.id, chain] as const])));
    const ids = [...chains.keys()].sort((a, b) => a - b);
    const parts = ids.length > FEW ? this.#parts(ids) : [];
    const targets = parts.length > 0 ? parts.map(({ name }) => name) : ids.map(names.policy);
    const rules = [...targets.map((name) => `jump ${name}`), `goto ${names.denied(direction)}`];
    return { chain: this.table.chain(names.profile, rules), parts, uses: 1 };
  }

  /** One use less. */
  release(profile: Profile): void {
    if (--profile.uses > 0) return;
    for (const chain of [profile.chain, ...profile.parts]) this.table.release(chain);
  }

  #parts(ids: readonly number[]): RuleChain[] {
    const groups = new Map<number, string[]>();
    for (const id of ids) {
      const group = groups.get(id % FEW);
      if (group === undefined) groups.set(id % FEW, [`jump ${names.policy(id)}`]);
      else group.push(`jump ${names.policy(id)}`);
    }
    return [...groups.values()].map((rules) => this.table.chain(names.part, rules));
  }
}
