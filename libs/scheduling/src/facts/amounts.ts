import { milliOf } from '@shiplog/apimachinery';

/**
 * Amounts of resources by name, as plain numbers: `cpu` in thousandths of a core, everything else in whole units
 * (bytes, pods, devices), rounded up. Up to 2^53 they are exact, and adding and taking away again leaves nothing over.
 */
export type Amounts = ReadonlyMap<string, number>;

export const NOTHING: Amounts = new Map();

/** Amounts of a resource list such as `{ cpu: '500m', memory: '1Gi' }`; zero is left out. */
export function amountsOf(list: Readonly<Record<string, string>> | undefined): Amounts {
  if (list === undefined) return NOTHING;
  const amounts = new Map<string, number>();
  for (const [name, quantity] of Object.entries(list)) {
    const amount = amountOf(name, quantity);
    if (amount !== 0) amounts.set(name, amount);
  }
  return amounts;
}

function amountOf(name: string, quantity: string): number {
  const milli = Number(milliOf(quantity));
  return name === 'cpu' ? milli : Math.ceil(milli / 1000);
}

/** The sum of both, by resource. */
export function plus(a: Amounts, b: Amounts): Amounts {
  if (a.size === 0) return b;
  if (b.size === 0) return a;
  const sum = new Map(a);
  for (const [name, amount] of b) sum.set(name, (sum.get(name) ?? 0) + amount);
  return sum;
}

/** The larger of both, by resource. */
export function atLeast(a: Amounts, b: Amounts): Amounts {
  if (a.size === 0) return b;
  const most = new Map(a);
  for (const [name, amount] of b) most.set(name, Math.max(most.get(name) ?? 0, amount));
  return most;
}
