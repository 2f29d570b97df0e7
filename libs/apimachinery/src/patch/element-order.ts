import { isJsonObject } from '../values/json-object';
import { JsonMap } from '../values/json-map';

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
  const idOf = (item: unknown): unknown => (mergeKey !== undefined && isJsonObject(item) ? item[mergeKey] : item);
  const rankOf = firstPlaces(order.map(idOf));
  const placeOf = firstPlaces(server.map(idOf));
  const ranked: Ranked[] = [];
  const others: Ranked[] = [];
  for (const item of list) {
    const id = idOf(item);
    const rank = rankOf.get(id);
    (rank === undefined ? others : ranked).push({ item, rank: rank ?? 0, place: placeOf.get(id) });
  }
  ranked.sort((a, b) => a.rank - b.rank);
  return merged(ranked, others);
}

interface Ranked {
  readonly item: unknown;
  readonly rank: number;
  /** On the server; undefined for what the patch brings. */
  readonly place: number | undefined;
}

function firstPlaces(ids: readonly unknown[]): JsonMap<number> {
  const places = new JsonMap<number>();
  ids.forEach((id, at) => {
    if (places.get(id) === undefined) places.set(id, at);
  });
  return places;
}

/** Each of the others goes before the first of the ranked that the server has after it, and after the others before it. */
function merged(ranked: readonly Ranked[], others: readonly Ranked[]): unknown[] {
  const result: unknown[] = [];
  let next = 0;
  for (const other of others) {
    for (let entry = ranked[next]; entry !== undefined && !comesLater(entry, other); entry = ranked[++next]) {
      result.push(entry.item);
    }
    result.push(other.item);
  }
  for (const { item } of ranked.slice(next)) result.push(item);
  return result;
}

function comesLater({ place: ofRanked = -1 }: Ranked, { place }: Ranked): boolean {
  return place !== undefined && ofRanked > place;
}
