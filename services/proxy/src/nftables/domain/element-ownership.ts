import type { ElementChange } from '@shiplog/hostnet';
import type { Element } from './service-elements';

export type { ElementChange } from '@shiplog/hostnet';

/** Whose value an element has, and who else wants it: nearly always nobody. */
interface Claimed {
  owner: string;
  value: string;
  others: Map<string, string> | undefined;
}

/**
 * Every element of the table with the services that want it. Where two services claim one destination (external IPs can
 * collide) the one whose name comes first has it, on every node alike.
 */
export class ElementOwnership {
  /** By collection and key. */
  readonly #claims = new Map<string, Map<string, Claimed>>();
  readonly #byOwner = new Map<string, readonly Element[]>();

  /** Makes `elements` all that an owner wants; returns what that changes. */
  replace(owner: string, elements: readonly Element[]): ElementChange[] {
    const touched = new Map<string, { element: Element; before: string | undefined }>();
    const touch = (element: Element): void => {
      const id = `${element.collection} ${element.key}`;
      if (!touched.has(id)) touched.set(id, { element, before: this.#winner(element) });
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
    const changes: ElementChange[] = [];
    for (const { element, before } of touched.values()) {
      const after = this.#winner(element);
      if (before !== after) changes.push({ collection: element.collection, key: element.key, before, after });
    }
    return changes;
  }

  get isEmpty(): boolean {
    return this.#byOwner.size === 0;
  }

  owners(): string[] {
    return [...this.#byOwner.keys()];
  }

  /** Everything that should be in the kernel, as changes from nothing. */
  all(): ElementChange[] {
    const changes: ElementChange[] = [];
    for (const [collection, claims] of this.#claims) {
      for (const [key, { value }] of claims) changes.push({ collection, key, before: undefined, after: value });
    }
    return changes;
  }

  #winner({ collection, key }: Element): string | undefined {
    return this.#claims.get(collection)?.get(key)?.value;
  }

  #claim(owner: string, { collection, key, value = '' }: Element): void {
    let claims = this.#claims.get(collection);
    if (claims === undefined) this.#claims.set(collection, (claims = new Map()));
    const claimed = claims.get(key);
    if (claimed === undefined) claims.set(key, { owner, value, others: undefined });
    else if (claimed.owner === owner) claimed.value = value;
    else {
      claimed.others ??= new Map();
      if (owner < claimed.owner) {
        claimed.others.set(claimed.owner, claimed.value);
        [claimed.owner, claimed.value] = [owner, value];
      } else claimed.others.set(owner, value);
    }
  }

  #unclaim(owner: string, { collection, key }: Element): void {
    const claims = this.#claims.get(collection);
    const claimed = claims?.get(key);
    if (claimed === undefined) return;
    if (claimed.owner !== owner) {
      claimed.others?.delete(owner);
      return;
    }
    let next: [string, string] | undefined;
    for (const other of claimed.others ?? []) if (next === undefined || other[0] < next[0]) next = other;
    if (next === undefined) {
      claims?.delete(key);
      return;
    }
    [claimed.owner, claimed.value] = next;
    claimed.others?.delete(claimed.owner);
  }
}
