import type { ElementChange } from '@shiplog/hostnet';
import type { Element } from './service-elements';

export type { ElementChange } from '@shiplog/hostnet';

/**
 * Every element of the table with the services that want it. Where two services claim one destination (external IPs can
 * collide) the one whose name comes first has it, on every node alike.
 */
export class ElementOwnership {
  /** By collection and key: who wants which value. */
  readonly #claims = new Map<string, Map<string, Map<string, string>>>();
  readonly #byOwner = new Map<string, readonly Element[]>();

  /** Makes `elements` all that an owner wants; returns what that changes. */
  replace(owner: string, elements: readonly Element[]): ElementChange[] {
    const touched = new Map<string, { collection: string; key: string; before: string | undefined }>();
    const touch = ({ collection, key }: Element): void => {
      const id = `${collection} ${key}`;
      if (!touched.has(id)) touched.set(id, { collection, key, before: this.#winner(collection, key) });
    };
    for (const element of this.#byOwner.get(owner) ?? []) {
      touch(element);
      this.#unclaim(owner, element);
    }
    for (const element of elements) {
      touch(element);
      this.#claim(owner, element);
    }
    if (elements.length > 0) this.#byOwner.set(owner, elements);
    else this.#byOwner.delete(owner);
    return [...touched.values()]
      .map((element) => ({ ...element, after: this.#winner(element.collection, element.key) }))
      .filter(({ before, after }) => before !== after);
  }

  owners(): string[] {
    return [...this.#byOwner.keys()];
  }

  /** Everything that should be in the kernel, as changes from nothing. */
  all(): ElementChange[] {
    const changes: ElementChange[] = [];
    for (const [collection, keys] of this.#claims) {
      for (const key of keys.keys()) {
        changes.push({ collection, key, before: undefined, after: this.#winner(collection, key) });
      }
    }
    return changes;
  }

  #winner(collection: string, key: string): string | undefined {
    const claims = this.#claims.get(collection)?.get(key);
    if (claims === undefined) return undefined;
    let first: [string, string] | undefined;
    for (const claim of claims) if (first === undefined || claim[0] < first[0]) first = claim;
    return first?.[1];
  }

  #claim(owner: string, { collection, key, value = '' }: Element): void {
    const keys = this.#claims.get(collection) ?? new Map<string, Map<string, string>>();
    const claims = keys.get(key) ?? new Map<string, string>();
    claims.set(owner, value);
    keys.set(key, claims);
    this.#claims.set(collection, keys);
  }

  #unclaim(owner: string, { collection, key }: Element): void {
    const keys = this.#claims.get(collection);
    const claims = keys?.get(key);
    claims?.delete(owner);
    if (claims?.size === 0) keys?.delete(key);
  }
}
