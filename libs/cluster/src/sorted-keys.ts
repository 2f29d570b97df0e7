/** Keys in one block, at most: moving so many on an insertion costs less than looking further. */
const BLOCK = 256;

/** A set of keys in order, in blocks: an insertion moves a block's keys, not those of a whole cluster. */
export class SortedKeys {
  /** Never empty ones, except for a first one of nothing. */
  readonly #blocks: string[][] = [];

  constructor(keys: Iterable<string>) {
    const sorted = [...keys].sort();
    for (let from = 0; from < sorted.length; from += BLOCK / 2) this.#blocks.push(sorted.slice(from, from + BLOCK / 2));
  }

  /** Adds a key that is not there yet. */
  add(key: string): void {
    const at = Math.min(this.#blockOf(key), this.#blocks.length - 1);
    const block = this.#blocks[at];
    if (block === undefined) {
      this.#blocks.push([key]);
      return;
    }
    block.splice(firstNotBelow(block, key), 0, key);
    if (block.length > BLOCK) this.#blocks.splice(at + 1, 0, block.splice(BLOCK / 2));
  }

  /** Takes a key out that is there. */
  delete(key: string): void {
    const at = this.#blockOf(key);
    const block = this.#blocks[at];
    if (block === undefined) return;
    const place = firstNotBelow(block, key);
    if (block[place] !== key) return;
    block.splice(place, 1);
    if (block.length === 0) this.#blocks.splice(at, 1);
  }

  /** The keys that begin with a prefix (all of them for ''), in order. */
  *startingWith(prefix: string): Generator<string> {
    for (let at = this.#blockOf(prefix); at < this.#blocks.length; at++) {
      const block = this.#blocks[at] as string[];
      for (let i = (block[0] as string) < prefix ? firstNotBelow(block, prefix) : 0; i < block.length; i++) {
        const key = block[i] as string;
        if (!key.startsWith(prefix)) return;
        yield key;
      }
    }
  }

  /** Index of the first block whose last key is not below the given one; their number when there is none. */
  #blockOf(key: string): number {
    let low = 0;
    let high = this.#blocks.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const block = this.#blocks[middle] as string[];
      if ((block[block.length - 1] as string) < key) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** Index of the first key that is not below the given one. */
function firstNotBelow(keys: readonly string[], key: string): number {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((keys[middle] as string) < key) low = middle + 1;
    else high = middle;
  }
  return low;
}
