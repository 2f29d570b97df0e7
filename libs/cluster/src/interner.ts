/** Values of a generation; of two of them at most is anything remembered. */
const GENERATION = 8_192;

/**
 * Has equal values be held once: of what was seen lately, the first. What is not seen for a generation is forgotten, so what
 * is remembered is bounded, however many different values come by.
 */
export class Interner {
  #young = new Map<string, unknown>();
  #old: ReadonlyMap<string, unknown> = new Map();

  constructor(private readonly generation = GENERATION) {}

  /** The value itself, or an equal one; a value that was given is never changed again. */
  of(value: unknown): unknown {
    if (typeof value !== 'string' && (typeof value !== 'object' || value === null)) return value;
    // JSON of a text begins with a quotation mark, of anything else that is kept here with a bracket.
    const key = JSON.stringify(value);
    const young = this.#young.get(key);
    if (young !== undefined) return young;
    const found = this.#old.get(key) ?? value;
    if (this.#young.size >= this.generation) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(key, found);
    return found;
  }
}
