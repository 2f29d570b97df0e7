import { milliOf, parseQuantity } from '@shiplog/apimachinery';

/** What may run short on a node, as Kubernetes calls it. */
export const SIGNALS = [
  'memory.available',
  'nodefs.available',
  'nodefs.inodesFree',
  'imagefs.available',
  'imagefs.inodesFree',
  'pid.available',
] as const;
export type Signal = (typeof SIGNALS)[number];

/** Bytes or a number, or a share (0 to 1) of what there is at all. */
export type Quota = { readonly amount: number } | { readonly share: number };

export type Quotas = ReadonlyMap<Signal, Quota>;

/** A quota as a number, of so much in all. */
export function amountOf(quota: Quota, capacity: number): number {
  return 'share' in quota ? Math.floor(capacity * quota.share) : quota.amount;
}

/** `memory.available<100Mi,nodefs.available<10%`; `none` stands for nothing. Returns what is wrong with it as an Error. */
export function parseThresholds(text: string): Quotas | Error {
  return parseList(text, '<', quotaOf);
}

/** `nodefs.available=500Mi,imagefs.available=5%`, as `parseThresholds`. */
export function parseReclaims(text: string): Quotas | Error {
  return parseList(text, '=', quotaOf);
}

/** `memory.available=1m30s`, in milliseconds, as `parseThresholds`. */
export function parseGracePeriods(text: string): ReadonlyMap<Signal, number> | Error {
  return parseList(text, '=', millisecondsOf);
}

function parseList<T>(
  text: string,
  sign: '<' | '=',
  valueOf: (text: string) => T | undefined,
): ReadonlyMap<Signal, T> | Error {
  const all = new Map<Signal, T>();
  if (text === '' || text === 'none') return all;
  for (const item of text.split(',')) {
    const at = item.indexOf(sign);
    const signal = SIGNALS.find((name) => name === item.slice(0, at).trim());
    const value = at < 0 ? undefined : valueOf(item.slice(at + 1).trim());
    if (signal === undefined) return new Error(`has "${item}", which names none of ${SIGNALS.join(', ')}`);
    if (value === undefined) return new Error(`has "${item}", whose value can't be read`);
    if (all.has(signal)) return new Error(`has ${signal} twice`);
    all.set(signal, value);
  }
  return all;
}

function quotaOf(text: string): Quota | undefined {
  if (text.endsWith('%')) {
    const percent = /^\d+(\.\d+)?%$/.test(text) ? Number(text.slice(0, -1)) : NaN;
    return percent >= 0 && percent <= 100 ? { share: percent / 100 } : undefined;
  }
  const milli = parseQuantity(text);
  return milli === undefined || milli < 0n ? undefined : { amount: Number(milliOf(text) / 1_000n) };
}

const UNITS = { h: 3_600_000, m: 60_000, s: 1_000, ms: 1 };

/** A duration as Go writes it. */
function millisecondsOf(text: string): number | undefined {
  if (!/^(\d+(\.\d+)?(h|ms|m|s))+$/.test(text)) return undefined;
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(h|ms|m|s)/g)];
  return parts.reduce((sum, [, amount, unit]) => sum + Number(amount) * UNITS[unit as keyof typeof UNITS], 0);
}
