import { HEADER_BYTES } from './query';

/** Where a message says how long one of its records may be kept, in seconds. */
export interface TimeToLive {
  readonly offset: number;
  readonly seconds: number;
}

const OPT = 41;
const SOA = 6;
/** Type, class, time to live and length of a record, behind its name. */
const FIXED_BYTES = 10;

/** What another server's message says of its keeping. */
export interface Keeping {
  readonly ttls: readonly TimeToLive[];
  /** Of a word that there is nothing: how long that may be believed, if it is said. */
  readonly negativeSeconds?: number;
}

/**
 * The times to live in a message, read from its bytes, so that it can be passed on as it came. Undefined for one that is not
 * whole: what is malformed is not kept.
 */
export function keepingOf(message: Buffer): Keeping | undefined {
  if (message.length < HEADER_BYTES) return undefined;
  const count = (index: number): number => message.readUInt16BE(4 + 2 * index);
  let offset = HEADER_BYTES;
  for (let i = 0; i < count(0); i++) {
    const end = nameEnd(message, offset);
    if (end === undefined) return undefined;
    offset = end + 4;
  }
  const ttls: TimeToLive[] = [];
  let negativeSeconds: number | undefined;
  for (let i = 0; i < count(1) + count(2) + count(3); i++) {
    const end = nameEnd(message, offset);
    if (end === undefined || end + FIXED_BYTES > message.length) return undefined;
    const type = message.readUInt16BE(end);
    const length = message.readUInt16BE(end + 8);
    offset = end + FIXED_BYTES + length;
    if (offset > message.length) return undefined;
    // Of OPT the place has another meaning.
    if (type === OPT) continue;
    const seconds = message.readUInt32BE(end + 4);
    ttls.push({ offset: end + 4, seconds });
    // The last field of a SOA record: RFC 2308 §4.
    if (type === SOA && length >= 4) negativeSeconds = Math.min(seconds, message.readUInt32BE(offset - 4));
  }
  return { ttls, ...(negativeSeconds === undefined ? {} : { negativeSeconds }) };
}

/** Behind the name that begins at `offset`; a pointer ends it. */
function nameEnd(message: Buffer, offset: number): number | undefined {
  for (let at = offset; at < message.length;) {
    const length = message[at] ?? 0;
    if (length === 0) return at + 1;
    if ((length & 0xc0) === 0xc0) return at + 2 <= message.length ? at + 2 : undefined;
    at += 1 + length;
  }
  return undefined;
}
