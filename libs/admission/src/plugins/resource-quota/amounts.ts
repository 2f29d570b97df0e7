import { formatQuantity, milliOf } from '@shiplog/apimachinery';

/** An amount of a resource: in thousandths, and how many of its parts were written in powers of two. */
export interface Amount {
  readonly milli: bigint;
  readonly binary: number;
}

export const ZERO: Amount = { milli: 0n, binary: 0 };

/** A quantity as an amount; it must have been validated before. */
export function amountOf(text: string): Amount {
  return { milli: milliOf(text), binary: text.endsWith('i') ? 1 : 0 };
}

export function countOf(objects: number): Amount {
  return { milli: BigInt(objects) * 1000n, binary: 0 };
}

/** As Kubernetes writes a sum: in powers of two when a part of it was. */
export function textOf({ milli, binary }: Amount): string {
  return formatQuantity(milli, binary > 0 ? 'binary' : 'decimal');
}

/** Amounts by resource, kept up to date by adding and taking away; what comes to nothing is not there. */
export class Sums {
  readonly #amounts = new Map<string, Amount>();

  get isEmpty(): boolean {
    return this.#amounts.size === 0;
  }

  of(name: string): Amount {
    return this.#amounts.get(name) ?? ZERO;
  }

  entries(): Iterable<readonly [string, Amount]> {
    return this.#amounts;
  }

  add(name: string, { milli, binary }: Amount, sign: 1 | -1 = 1): void {
    const before = this.of(name);
    const sum = { milli: before.milli + BigInt(sign) * milli, binary: before.binary + sign * binary };
    if (sum.milli === 0n && sum.binary === 0) this.#amounts.delete(name);
    else this.#amounts.set(name, sum);
  }
}
