import type { StoredObject } from '@shiplog/contracts';

/**
 * Each version of an object as JSON, made once: gets, lists and all watchers send the same bytes. Objects of a
 * projection are never changed, so an object is its own key, and its bytes go when it goes.
 */
const cache = new WeakMap<StoredObject, Buffer>();

/** The object as one line of JSON, with the newline. */
export function lineOf(object: StoredObject): Buffer {
  const known = cache.get(object);
  if (known !== undefined) return known;
  const bytes = Buffer.from(`${JSON.stringify(object)}\n`);
  cache.set(object, bytes);
  return bytes;
}

/**
 * What an object comes to as JSON, in bytes; near enough to bound memory with, and five times cheaper than to make it.
 * Exact where the JSON is there already.
 */
export function weightOf(object: StoredObject): number {
  return cache.get(object)?.length ?? weigh(object);
}

function weigh(value: unknown): number {
  if (typeof value === 'string') return value.length + 2;
  if (typeof value !== 'object' || value === null) return 5;
  let sum = 2;
  if (Array.isArray(value)) {
    for (const item of value) sum += 1 + weigh(item);
    return sum;
  }
  for (const key of Object.keys(value)) sum += key.length + 4 + weigh((value as Record<string, unknown>)[key]);
  return sum;
}

/** The object as JSON without a newline, to stand inside other JSON. */
export function bytesOf(object: StoredObject): Buffer {
  const line = lineOf(object);
  return line.subarray(0, line.length - 1);
}
