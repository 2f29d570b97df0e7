import type { Direction } from './compile';
import { names } from './layout';
import type { PolicyTable, RuleChain } from './policy-table';
import type { PolicyChain } from './rule-chains';

/** Policies of a profile that has them in one chain, and parts of one that has more. */
const FEW = 32;

/** What the policies let through that isolate some pods in a direction. */
export interface Profile {
  readonly direction: Direction;
  readonly chain: RuleChain;
  /** The numbers of its policies. */
  policies: string;
  parts: readonly RuleChain[];
  /** Pods that have it. */
  uses: number;
}

/** What a profile is to be. */
export interface ProfileContent {
  readonly direction: Direction;
  readonly ids: readonly number[];
  /** Equal policies have an equal key. */
  readonly key: string;
}

/** The policies that isolate a pod, as a profile has them. */
export function contentOf(direction: Direction, isolating: readonly PolicyChain[]): ProfileContent {
  const ids = [...new Set(isolating.flatMap(({ chain }) => chain?.id ?? []))].sort((a, b) => a - b);
  return { direction, ids, key: `${direction} ${ids.join()}` };
}

/**
 * The chains of profiles: a jump for each policy. Pods that the same policies isolate share one, and when all of them have
 * others it stays theirs: the kernel looks through all of a profile for each element that leads to it anew. Where policies are
 * many they are spread over parts by their numbers, so that one that comes or goes makes one part anew and not all of them.
 */
export class Profiles {
  readonly #profiles = new Map<string, Profile>();

  constructor(private readonly table: PolicyTable) {}

  /** One more use of the profile with this content. */
  use(content: ProfileContent): Profile {
    let profile = this.#profiles.get(content.key);
    if (profile === undefined) {
      const { direction } = content;
      profile = { direction, chain: this.table.ownChain(names.profile), policies: '', parts: [], uses: 0 };
      this.#set(profile, content);
    }
    profile.uses++;
    return profile;
  }

  /** Gives a profile other content, for all who use it, unless there is one with that. */
  become(profile: Profile, content: ProfileContent): void {
    if (this.#profiles.has(content.key)) return;
    this.#profiles.delete(profile.policies);
    this.#set(profile, content);
  }

  /** One use less. */
  release(profile: Profile): void {
    if (--profile.uses > 0) return;
    this.#profiles.delete(profile.policies);
    for (const chain of [profile.chain, ...profile.parts]) this.table.release(chain);
  }

  #set(profile: Profile, { direction, ids, key }: ProfileContent): void {
    const before = profile.parts;
    profile.policies = key;
    profile.parts = ids.length > FEW ? this.#parts(ids) : [];
    const targets = ids.length > FEW ? profile.parts.map(({ name }) => name) : ids.map(names.policy);
    this.table.rewrite(profile.chain, [...targets.map((name) => `jump ${name}`), `goto ${names.denied(direction)}`]);
    for (const part of before) this.table.release(part);
    this.#profiles.set(key, profile);
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
