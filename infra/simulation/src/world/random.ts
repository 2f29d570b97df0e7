/** Numbers that follow from a seed alone (sfc32): the only randomness of a run. */
export class Random {
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;

  constructor(seed: number | string) {
    [this.#a, this.#b, this.#c] = hashes(String(seed));
    for (let i = 0; i < 12; i++) this.word();
  }

  /** Another source, that doesn't depend on how often this one is asked. */
  static of(seed: number, purpose: string): Random {
    return new Random(`${seed}/${purpose}`);
  }

  /** 32 bits. */
  word(): number {
    const sum = (this.#a + this.#b + this.#counter++) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = ((this.#c << 21) | (this.#c >>> 11)) + sum;
    return sum >>> 0;
  }

  /** From 0 (inclusive) to 1 (exclusive). */
  share(): number {
    return this.word() / 2 ** 32;
  }

  /** A whole number from `least` to `most`, both inclusive. */
  whole(least: number, most: number): number {
    return least + Math.floor(this.share() * (most - least + 1));
  }

  between(least: number, most: number): number {
    return least + this.share() * (most - least);
  }

  chance(probability: number): boolean {
    return probability > 0 && this.share() < probability;
  }

  pick<T>(from: readonly T[]): T {
    const index = Math.floor(this.share() * from.length);
    if (from.length === 0) throw new RangeError('there is nothing to pick from');
    return from[index] as T;
  }

  bytes(count: number): Uint8Array {
    return Uint8Array.from({ length: count }, () => this.word() & 0xff);
  }
}

/** Three words of a text (xmur3). */
function hashes(text: string): [number, number, number] {
  let h = 1_779_033_703 ^ text.length;
  for (let i = 0; i < text.length; i++) {
    h = Math.imul(h ^ text.charCodeAt(i), 3_432_918_353);
    h = (h << 13) | (h >>> 19);
  }
  const next = (): number => {
    h = Math.imul(h ^ (h >>> 16), 2_246_822_507);
    h = Math.imul(h ^ (h >>> 13), 3_266_489_909);
    return (h ^= h >>> 16) >>> 0;
  };
  return [next(), next(), next()];
}
