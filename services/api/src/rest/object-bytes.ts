import { fromStored, shownText, type VersionedResource } from '@shiplog/apimachinery';
import type { StoredObject } from '@shiplog/contracts';

/**
 * Each version of an object as JSON, made once: gets, lists and all watchers send the same bytes. Objects of a
 * projection are never changed, so an object is its own key, and its bytes go when it goes.
 */
const cache = new WeakMap<StoredObject, Buffer>();

/**
 * Go writes these as escapes, in strings, where alone they are in JSON. kubectl compares what it writes of a template, byte by
 * byte, with what a revision holds; to every other reader they are the same.
 */
const ESCAPED_BY_GO = /[<>&\u2028\u2029]/g;
const ESCAPES: Readonly<Record<string, string>> = Object.fromEntries(
  ['<', '>', '&', '\u2028', '\u2029'].map((char) => [char, `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`]),
);
const REVISIONS = 'controllerrevisions.apps';

/** A stored object as one line of JSON, in one version and with the newline. */
export function lineOf(resource: VersionedResource, stored: StoredObject): Buffer {
  const object = fromStored(resource.version, stored);
  const known = cache.get(object);
  if (known !== undefined) return known;
  const text = shownText(resource, stored);
  const isRevision = resource.row.id === REVISIONS;
  const bytes = Buffer.from(`${isRevision ? text.replace(ESCAPED_BY_GO, (char) => ESCAPES[char] ?? char) : text}\n`);
  cache.set(object, bytes);
  return bytes;
}

/** What managedFields come to beside the object that they tell of: the names of all its fields, and little else. */
const WITH_MANAGED_FIELDS = 1.6;

/**
 * What an object comes to as JSON, in bytes; near enough to bound memory with, and five times cheaper than to make it.
 * Exact where the JSON is there already.
 */
export function weightOf(object: StoredObject): number {
  return (
    cache.get(object)?.length ?? weigh(object) * (object.metadata.fieldOwners === undefined ? 1 : WITH_MANAGED_FIELDS)
  );
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
export function bytesOf(resource: VersionedResource, stored: StoredObject): Buffer {
  const line = lineOf(resource, stored);
  return line.subarray(0, line.length - 1);
}
