const encoder = new TextEncoder();

/** A value as UTF-8 JSON. */
export function toBytes(value: unknown): Uint8Array {
  return encoder.encode(JSON.stringify(value));
}

/** The value of UTF-8 JSON; throws a SyntaxError when it isn't JSON. An empty payload is undefined. */
export function fromBytes<T>(bytes: Uint8Array): T {
  if (bytes.length === 0) return undefined as T;
  return JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8')) as T;
}
