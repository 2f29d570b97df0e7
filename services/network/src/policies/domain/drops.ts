import { isJsonObject, ownField } from '@shiplog/apimachinery';
import type { Direction } from './compile';

/** Packets of a kind that network policies have dropped. */
export interface Drop {
  readonly direction: Direction;
  readonly source: string;
  readonly destination: string;
  readonly protocol: string;
  readonly port?: number;
  readonly packets: number;
  /** Since the last of them. */
  readonly secondsAgo: number;
}

/** Reads a set of dropped packets as `nft -j list set` writes it; what it writes otherwise is left out. */
export function readDrops(direction: Direction, text: string): Drop[] {
  const { nftables = [] } = JSON.parse(text) as { nftables?: { set?: { elem?: unknown[] } }[] };
  const elements = nftables.flatMap(({ set }) => set?.elem ?? []);
  return elements.flatMap((element) => {
    const elem = isJsonObject(element) ? ownField(element, 'elem') : undefined;
    return isJsonObject(elem) ? (dropOf(direction, elem as unknown as Element) ?? []) : [];
  });
}

interface Element {
  readonly val?: { readonly concat?: readonly unknown[] };
  readonly timeout?: number;
  readonly expires?: number;
  readonly counter?: { readonly packets?: number };
}

function dropOf(direction: Direction, { val, timeout = 0, expires = 0, counter }: Element): Drop | undefined {
  const [source, destination, protocol, port] = val?.concat ?? [];
  const packets = counter?.packets ?? 0;
  if (typeof source !== 'string' || typeof destination !== 'string' || packets < 1) return undefined;
  const drop = {
    direction,
    source,
    destination,
    protocol: String(protocol),
    packets,
    secondsAgo: Math.max(0, timeout - expires),
  };
  return typeof port === 'number' ? { ...drop, port } : drop;
}
