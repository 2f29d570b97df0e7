/** One field of a protobuf message, undecoded: a number for varints, bytes for everything with a length. */
export interface WireField {
  readonly number: number;
  readonly value: bigint | Uint8Array;
}

/** A message that is cut short or uses what Kubernetes' messages don't (groups). */
export class MalformedProtobuf extends Error {}

/** The fields of a message, in order. Throws MalformedProtobuf. */
export function readFields(bytes: Uint8Array): WireField[] {
  const fields: WireField[] = [];
  let at = 0;
  while (at < bytes.length) {
    const tag = readVarint(bytes, at);
    at = tag.next;
    const field = readValue(bytes, at, Number(tag.value & 7n));
    at = field.next;
    fields.push({ number: Number(tag.value >> 3n), value: field.value });
  }
  return fields;
}

function readValue(bytes: Uint8Array, at: number, wireType: number): { value: bigint | Uint8Array; next: number } {
  switch (wireType) {
    case 0:
      return readVarint(bytes, at);
    case 1:
      return { value: slice(bytes, at, 8), next: at + 8 };
    case 2: {
      const { value, next } = readVarint(bytes, at);
      const length = Number(value);
      return { value: slice(bytes, next, length), next: next + length };
    }
    case 5:
      return { value: slice(bytes, at, 4), next: at + 4 };
    default:
      throw new MalformedProtobuf(`wire type ${wireType} is not known`);
  }
}

function slice(bytes: Uint8Array, at: number, length: number): Uint8Array {
  if (at + length > bytes.length) throw new MalformedProtobuf('the message is cut short');
  return bytes.subarray(at, at + length);
}

function readVarint(bytes: Uint8Array, from: number): { value: bigint; next: number } {
  let value = 0n;
  for (let at = from, shift = 0n; shift < 70n; at++, shift += 7n) {
    const byte = bytes[at];
    if (byte === undefined) throw new MalformedProtobuf('the message is cut short');
    value |= BigInt(byte & 0x7f) << shift;
    if (byte < 0x80) return { value: BigInt.asIntN(64, value), next: at + 1 };
  }
  throw new MalformedProtobuf('a number is too long');
}
