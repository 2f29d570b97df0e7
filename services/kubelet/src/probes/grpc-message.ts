/** The two messages of grpc.health.v1.Health/Check in Protocol Buffers' encoding, each in its frame of gRPC. */

/** Before each message: whether it is compressed, and its length (big endian). */
const PREFIX = 5;
const LENGTH_AT = 1;
/** How a field's value is written, in the low three bits of its tag. */
const WIRE = { varint: 0, eightBytes: 1, lengthDelimited: 2, fourBytes: 5 } as const;
/** Of both messages the only field: a text in the request, an enumeration in the answer. */
const FIELD = 1;

/** A HealthCheckRequest; a service without a name is left out. */
export function requestOf(service: string): Buffer {
  const text = Buffer.from(service);
  const tag = (FIELD << 3) | WIRE.lengthDelimited;
  const body = text.length === 0 ? text : Buffer.concat([Buffer.from([tag, ...varint(text.length)]), text]);
  const prefix = Buffer.alloc(PREFIX);
  prefix.writeUInt32BE(body.length, LENGTH_AT);
  return Buffer.concat([prefix, body]);
}

/** The status in a HealthCheckResponse, 0 where it has none; undefined when the message is cut off or can't be read. */
export function statusOf(framed: Buffer): number | undefined {
  if (framed.length < PREFIX || framed[0] !== 0) return undefined;
  const end = PREFIX + framed.readUInt32BE(LENGTH_AT);
  if (framed.length < end) return undefined;
  const body = framed.subarray(PREFIX, end);
  let status = 0;
  let at = 0;
  while (at < body.length) {
    const tag = readVarint(body, at);
    const value = readVarint(body, tag.end);
    const wire = tag.value & 7;
    if (wire === WIRE.varint) at = value.end;
    else if (wire === WIRE.lengthDelimited) at = value.end + value.value;
    else if (wire === WIRE.eightBytes) at = tag.end + 8;
    else if (wire === WIRE.fourBytes) at = tag.end + 4;
    else return undefined;
    if (wire === WIRE.varint && tag.value >>> 3 === FIELD) status = value.value;
  }
  return at === body.length ? status : undefined;
}

function varint(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...varint(value >>> 7)];
}

/** Seven bits a byte, the lowest first; a byte with its highest bit set is not the last. One that is cut off has its end there. */
function readVarint(body: Buffer, from: number): { value: number; end: number } {
  let value = 0;
  let at = from;
  for (let scale = 1; at < body.length; scale *= 0x80) {
    const byte = body.readUInt8(at++);
    value += (byte & 0x7f) * scale;
    if (byte < 0x80) break;
  }
  return { value, end: at };
}
