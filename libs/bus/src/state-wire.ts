import { brotliCompressSync, brotliDecompressSync, constants } from 'node:zlib';
import type { StateChunk, StateRequest } from '@shiplog/contracts';

/**
 * A state travels as lines of JSON, a chunk each; or, to a reader that asks for it (`encoding: 'br'`), each line compressed,
 * behind a line that says how and how long: `br 7042`. Objects are much alike: it is a fifteenth then. Compressing takes a
 * sixth of the time that it takes to write the JSON, and no thread of its own: the next question comes between two chunks.
 */
export type StateEncoding = NonNullable<StateRequest['encoding']>;

const NEWLINE = 0x0a;
const OPENING_BRACE = 0x7b;
/** The header of a compressed chunk, at most: a longer one is none. */
const HEADER_BYTES = 32;
const HEADER = /^(\S+) (\d{1,9})$/;
/** What a chunk comes to at most; one has 100 kB, or one object. */
const MOST_BYTES = 256 * 1024 * 1024;
/** Quality 1: of zlib's and Brotli's, the one that takes least time, and is no larger than those that take twice as much. */
const FAST = { params: { [constants.BROTLI_PARAM_QUALITY]: 1, [constants.BROTLI_PARAM_LGWIN]: 18 } };

/** A chunk as it travels; `text` is its JSON. */
export function encodeStateChunk(text: string, encoding: StateEncoding | undefined): Uint8Array {
  if (encoding === undefined) return Buffer.from(`${text}\n`);
  const bytes = brotliCompressSync(text, FAST);
  return Buffer.concat([Buffer.from(`${encoding} ${bytes.length}\n`), bytes]);
}

/** The chunks of a state, in whichever encoding each came, however the stream cut them. Throws an Error for what is neither. */
export async function* decodeState(stream: AsyncIterable<Uint8Array>): AsyncIterable<StateChunk> {
  let rest: Uint8Array[] = [];
  let missing = 0;
  for await (const bytes of stream) {
    rest.push(bytes);
    missing -= bytes.length;
    if (missing > 0) continue;
    let buffer = rest.length === 1 ? Buffer.from(bytes) : Buffer.concat(rest);
    for (let next = firstChunk(buffer); ; next = firstChunk(buffer)) {
      if (next.chunk === undefined) {
        missing = next.missing;
        break;
      }
      yield next.chunk;
      buffer = buffer.subarray(next.bytes);
    }
    rest = buffer.length === 0 ? [] : [buffer];
  }
  if (rest.length > 0) throw new Error('the state ended in the middle of a chunk');
}

type Found =
  | { readonly chunk: StateChunk; readonly bytes: number }
  | { readonly chunk?: undefined; /** Bytes, at least, until there is one. */ readonly missing: number };

function firstChunk(buffer: Buffer): Found {
  const lineEnd = buffer.indexOf(NEWLINE);
  if (buffer[0] === OPENING_BRACE) {
    if (lineEnd < 0) return { missing: 1 };
    return { chunk: JSON.parse(buffer.toString('utf8', 0, lineEnd)) as StateChunk, bytes: lineEnd + 1 };
  }
  if (lineEnd < 0 && buffer.length <= HEADER_BYTES) return { missing: 1 };
  const [, encoding, digits] = HEADER.exec(buffer.toString('latin1', 0, Math.min(lineEnd, HEADER_BYTES))) ?? [];
  if (encoding !== 'br') throw new Error(`the state came in an encoding that is not known here: ${encoding ?? 'none'}`);
  const end = lineEnd + 1 + Number(digits);
  if (buffer.length < end) return { missing: end - buffer.length };
  const text = brotliDecompressSync(buffer.subarray(lineEnd + 1, end), { maxOutputLength: MOST_BYTES });
  return { chunk: JSON.parse(text.toString('utf8')) as StateChunk, bytes: end };
}
