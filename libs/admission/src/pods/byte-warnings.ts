import { parseQuantity } from '@shiplog/apimachinery';

const MILLI = 1_000n;

/** Nobody can have half a byte of something: what was meant was likely `M`, not `m`. */
export function fractionalBytes(
  amounts: Readonly<Record<string, string>> | undefined,
  name: string,
  at: string,
): string[] {
  const amount = amounts?.[name];
  if (amount === undefined || (parseQuantity(amount) ?? 0n) % MILLI === 0n) return [];
  return [`${at}[${name}]: fractional byte value "${amount}" is invalid, must be an integer`];
}
