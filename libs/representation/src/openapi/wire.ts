/** The few parts of protobuf's wire format that OpenAPI's messages need: varints, texts and nested messages. */

const utf8 = new TextEncoder();
const LENGTH_DELIMITED = 2;

/** A message: fields one after the other. Absent ones are left out by giving undefined. */
export function message(...fields: (Uint8Array | undefined)[]): Uint8Array {
  const present = fields.filter((field) => field !== undefined);
  const bytes = new Uint8Array(present.reduce((sum, field) => sum + field.length, 0));
  let at = 0;
  for (const field of present) {
    bytes.set(field, at);
    at += field.length;
  }
  return bytes;
}

/** A text field; undefined is left out. */
export function textField(number: number, value: string | undefined): Uint8Array | undefined {
  return value === undefined ? undefined : bytesField(number, utf8.encode(value));
}

/** A nested message; undefined is left out. */
export function bytesField(number: number, value: Uint8Array | undefined): Uint8Array | undefined {
  if (value === undefined) return undefined;
  return message(varint((number << 3) | LENGTH_DELIMITED), varint(value.length), value);
}

/** The same field once for each value. */
export function repeated<T>(values: readonly T[] | undefined, field: (value: T) => Uint8Array | undefined): Uint8Array {
  return message(...(values ?? []).map(field));
}

function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  while (rest > 0x7f) {
    bytes.push((rest & 0x7f) | 0x80);
    rest >>>= 7;
  }
  bytes.push(rest);
  return Uint8Array.from(bytes);
}
