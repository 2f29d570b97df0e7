import { SpdyError } from './limits';

/** Types of control frames (SPDY/3.1, 2.6). */
export const TYPE = {
  synStream: 1,
  synReply: 2,
  rstStream: 3,
  settings: 4,
  ping: 6,
  goAway: 7,
  headers: 8,
  windowUpdate: 9,
} as const;

export const FLAG_FIN = 1;
/** Of SYN_STREAM: the other side never answers on it. */
export const FLAG_UNIDIRECTIONAL = 2;

/** Why a stream is reset (2.6.4). */
export const RESET = { protocolError: 1, invalidStream: 2, refusedStream: 3, cancel: 5, streamInUse: 8 } as const;
/** How a connection goes away (2.6.8). */
export const AWAY = { ok: 0, protocolError: 1 } as const;

const VERSION = 3;
const HEAD = 8;
const CONTROL = 0x8000;
const STREAM_MASK = 0x7fff_ffff;
/** Bytes of a frame at most: its length has 24 bits. */
const LONGEST = 0xff_ffff;

/** What a reader finds: a control frame as a whole, and data as they come. */
export type Frame =
  | { readonly kind: 'control'; readonly type: number; readonly flags: number; readonly payload: Buffer }
  | { readonly kind: 'data'; readonly stream: number; readonly fin: boolean; readonly data: Buffer };

/** Takes frames out of bytes, which may part anywhere. It never holds more than one control frame. */
export class FrameReader {
  #head = Buffer.alloc(0);
  #control: { type: number; flags: number; parts: Buffer[]; missing: number } | undefined;
  #data: { stream: number; fin: boolean; missing: number; isEmpty: boolean } | undefined;

  constructor(private readonly longestControl: number) {}

  /** The frames, and pieces of data frames, of the next bytes. Throws SpdyError. */
  *read(chunk: Buffer): Generator<Frame> {
    let rest = chunk;
    while (rest.length > 0) {
      if (this.#control !== undefined) {
        const part = rest.subarray(0, this.#control.missing);
        rest = rest.subarray(part.length);
        this.#control.parts.push(part);
        this.#control.missing -= part.length;
      } else if (this.#data !== undefined) {
        const part = rest.subarray(0, this.#data.missing);
        rest = rest.subarray(part.length);
        this.#data.missing -= part.length;
        const { stream, fin, missing } = this.#data;
        yield { kind: 'data', stream, data: part, fin: fin && missing === 0 };
      } else {
        rest = this.#begin(rest);
      }
      yield* this.#finished();
    }
  }

  /** Reads as much of a frame's head as there is. */
  #begin(chunk: Buffer): Buffer {
    const taken = Math.min(HEAD - this.#head.length, chunk.length);
    const head =
      this.#head.length === 0 ? chunk.subarray(0, taken) : Buffer.concat([this.#head, chunk.subarray(0, taken)]);
    const rest = chunk.subarray(taken);
    if (head.length < HEAD) {
      this.#head = Buffer.from(head);
      return rest;
    }
    this.#head = Buffer.alloc(0);
    const first = head.readUInt16BE(0);
    const flags = head.readUInt8(4);
    const length = head.readUIntBE(5, 3);
    if ((first & CONTROL) === 0) {
      const stream = head.readUInt32BE(0) & STREAM_MASK;
      this.#data = { stream, fin: (flags & FLAG_FIN) !== 0, missing: length, isEmpty: length === 0 };
      return rest;
    }
    const version = first & ~CONTROL;
    if (version !== VERSION) throw new SpdyError(`a frame of version ${version}`);
    if (length > this.longestControl) throw new SpdyError(`a control frame of ${length} bytes`);
    this.#control = { type: head.readUInt16BE(2), flags, parts: [], missing: length };
    return rest;
  }

  *#finished(): Generator<Frame> {
    const control = this.#control;
    if (control?.missing === 0) {
      this.#control = undefined;
      const { type, flags, parts } = control;
      yield { kind: 'control', type, flags, payload: Buffer.concat(parts) };
    }
    const data = this.#data;
    if (data?.missing !== 0) return;
    this.#data = undefined;
    if (data.isEmpty) yield { kind: 'data', stream: data.stream, data: Buffer.alloc(0), fin: data.fin };
  }
}

export function controlFrame(type: number, flags: number, payload: Buffer): Buffer {
  const frame = Buffer.allocUnsafe(HEAD + payload.length);
  frame.writeUInt16BE(CONTROL | VERSION, 0);
  frame.writeUInt16BE(type, 2);
  frame.writeUInt8(flags, 4);
  frame.writeUIntBE(payload.length, 5, 3);
  payload.copy(frame, HEAD);
  return frame;
}

/** The head of a data frame, whose bytes follow. Throws a RangeError for more than a frame can hold. */
export function dataHead(stream: number, length: number, fin: boolean): Buffer {
  if (length > LONGEST) throw new RangeError(`a data frame of ${length} bytes`);
  const head = Buffer.allocUnsafe(HEAD);
  head.writeUInt32BE(stream, 0);
  head.writeUInt8(fin ? FLAG_FIN : 0, 4);
  head.writeUIntBE(length, 5, 3);
  return head;
}

/** Words of 32 bits, one after the other: all that many control frames hold. */
export function words(...values: readonly number[]): Buffer {
  const bytes = Buffer.allocUnsafe(values.length * 4);
  values.forEach((value, index) => bytes.writeUInt32BE(value, index * 4));
  return bytes;
}

/** The number of a stream at the beginning of a payload. Throws SpdyError. */
export function streamOf(payload: Buffer): number {
  return wordAt(payload, 0) & STREAM_MASK;
}

/** Throws SpdyError where a payload is too short. */
export function wordAt(payload: Buffer, index: number): number {
  if (payload.length < (index + 1) * 4) throw new SpdyError('a control frame is too short');
  return payload.readUInt32BE(index * 4);
}
