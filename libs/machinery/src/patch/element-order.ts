import { sameJson } from '../values/equal';
import { isMap } from './merge-patch';

/** The order that a client saw: objects with just their merge key, or primitives. Undefined: it says nothing. */
export type ElementOrder = readonly unknown[] | undefined;

/**
 * Sorts a merged list: what the client named comes in the client's order; what only the server has keeps its place among
 * those as well as it can (before the first item that came after it on the server).
 */
export function inOrder(
  list: readonly unknown[],
  server: readonly unknown[],
  order: ElementOrder,
  mergeKey: string | undefined,
): unknown[] {
  if (order === undefined) return [...list];
  const idOf = (item: unknown): unknown => (mergeKey !== undefined && isMap(item) ? item[mergeKey] : item);
  const indexIn = (items: readonly unknown[], id: unknown): number =>
    items.findIndex((item) => sameJson(idOf(item), id));
  const ranked = list.map((item) => ({ item, rank: indexIn(order, idOf(item)), place: indexIn(server, idOf(item)) }));
  const result = ranked.filter(({ rank }) => rank >= 0).sort((a, b) => a.rank - b.rank);
  let from = 0;
  for (const one of ranked.filter(({ rank }) => rank < 0)) {
    let at = from;
    while (at < result.length && !comesLater(result[at], one.place)) at += 1;
    result.splice(at, 0, one);
    from = at + 1;
  }
  return result.map(({ item }) => item);
}

function comesLater(other: { place: number } | undefined, place: number): boolean {
  return other !== undefined && place >= 0 && other.place > place;
}
