import { OBJECT_DEPTH } from '@shiplog/contracts';

/** A stretch of a body. Millions of them are made for a large one, and an array's `subarray` costs fifty times as much. */
export interface Span {
  readonly bytes: Uint8Array;
  readonly from: number;
  readonly to: number;
  /** How many messages it stands in; absent: none. */
  readonly depth?: number;
}

/** One field of a protobuf message, undecoded: a number for varints (signed, of 64 bits), a span for all with a length. */
export interface WireField {
  readonly number: number;
  readonly value: number | Span;
}

/** A message that is cut short, uses what Kubernetes' messages don't (groups), or says what JSON could not. */
export class MalformedProtobuf extends Error {}

/** Messages in one another: a map's entries are messages too, so more of them than levels of an object. */
const DEEPEST = 2 * OBJECT_DEPTH;
/** What a varint may be at most: ten bytes hold 64 bits. */
const LARGEST = 2n ** 64n;
/** Field numbers have 29 bits, and begin at 1; three more bits say what follows. */
const LARGEST_TAG = 2 ** 32;

/** The fields of a message, in order. Throws MalformedProtobuf. */
export function readFields(span: Span): WireField[] {
  const reader = new Reader(span);
  const fields: WireField[] = [];
  while (!reader.atEnd) {
    const tag = Number(reader.varint());
    if (tag < 8 || tag >= LARGEST_TAG) throw new MalformedProtobuf('a field has no proper number');
    fields.push({ number: Math.floor(tag / 8), value: reader.value(tag % 8) });
  }
  return fields;
}

/** Reads on and on: each step takes at least one byte, and none that is not there. */
class Reader {
  #at: number;

  constructor(private readonly span: Span) {
    this.#at = span.from;
  }

  get atEnd(): boolean {
    return this.#at >= this.span.to;
  }

  value(wireType: number): number | Span {
    switch (wireType) {
      case 0:
        return signed(this.varint());
      case 1:
        return this.#take(8);
      case 2:
        return this.#take(this.varint());
      case 5:
        return this.#take(4);
      default:
        throw new MalformedProtobuf(`wire type ${wireType} is not known`);
    }
  }

  /** A number without a sign; a bigint where it is more than a few bytes, for most are small. */
  varint(): number | bigint {
    let value = 0;
    for (let shift = 0; shift < 28; shift += 7) {
      const byte = this.#byte();
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    let long = BigInt(value);
    for (let shift = 28n; shift < 70n; shift += 7n) {
      const byte = this.#byte();
      long |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80 && long < LARGEST) return long;
      if (byte < 0x80) break;
    }
    throw new MalformedProtobuf('a number is too long');
  }

  #byte(): number {
    const byte = this.atEnd ? undefined : this.span.bytes[this.#at++];
    if (byte === undefined) throw cutShort();
    return byte;
  }

  #take(length: number | bigint): Span {
    const { bytes, to, depth = 0 } = this.span;
    if (length > to - this.#at) throw cutShort();
    if (depth === DEEPEST) throw new MalformedProtobuf('messages are nested too deeply');
    const from = this.#at;
    this.#at += Number(length);
    return { bytes, from, to: this.#at, depth: depth + 1 };
  }
}

/** As protobuf means int32 and int64: a negative number is written as the 64 bits of its complement. */
function signed(value: number | bigint): number {
  return typeof value === 'number' ? value : Number(BigInt.asIntN(64, value));
}

function cutShort(): MalformedProtobuf {
  return new MalformedProtobuf('the message is cut short');
}
