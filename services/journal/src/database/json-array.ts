/** Postgres' number for the type json: an array says what it is made of. */
const JSON_TYPE = 114;
const HEADER_BYTES = 20;
const LENGTH_BYTES = 4;

/**
 * JSON documents as Postgres' binary array of json, for a parameter `$1::json[]`: each with its length, so that nobody looks for
 * where one ends and the next begins.
 */
export function jsonArray(texts: readonly string[]): Buffer {
  let size = HEADER_BYTES;
  for (const text of texts) size += LENGTH_BYTES + Buffer.byteLength(text);
  const bytes = Buffer.allocUnsafe(size);
  // One dimension, no nulls, of json, so many, counted from 1.
  let at = bytes.writeInt32BE(1, 0);
  at = bytes.writeInt32BE(0, at);
  at = bytes.writeInt32BE(JSON_TYPE, at);
  at = bytes.writeInt32BE(texts.length, at);
  at = bytes.writeInt32BE(1, at);
  for (const text of texts) {
    const length = bytes.write(text, at + LENGTH_BYTES);
    bytes.writeInt32BE(length, at);
    at += LENGTH_BYTES + length;
  }
  return bytes;
}
