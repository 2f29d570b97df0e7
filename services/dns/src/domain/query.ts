import { decode, type DecodedPacket, type RecordType } from 'dns-packet';

/** Response codes of RFC 1035 §4.1.1. */
export const RCODE = { ok: 0, formatError: 1, serverFailure: 2, noName: 3, notImplemented: 4, refused: 5 } as const;
export type Rcode = (typeof RCODE)[keyof typeof RCODE];

export const HEADER_BYTES = 12;
/** What a client takes by UDP that says nothing else: RFC 1035 §4.2.1. */
const LEAST_UDP_BYTES = 512;
/** What passes every link without being split; see DNS flag day 2020. */
export const MOST_UDP_BYTES = 1_232;

const QR = 0x8000;
const OPCODE = 0x7800;
const RD = 0x0100;
const CD = 0x0010;
const DNSSEC_OK = 0x8000;

/** A question that can be answered. */
export interface Query {
  readonly id: number;
  /** In lower case, without a dot at its end; `.` is the root. */
  readonly name: string;
  readonly type: RecordType;
  /** The question as it was sent: an answer repeats it, in whatever case it was. */
  readonly question: Buffer;
  readonly recursionDesired: boolean;
  readonly checkingDisabled: boolean;
  /** What its sender knows of EDNS(0); undefined: nothing. */
  readonly edns?: { readonly dnssecOk: boolean };
  /** Bytes of an answer by UDP at most. */
  readonly udpBytes: number;
}

/** What can't be answered: with a code, where its sender can be told. */
export interface Unanswerable {
  readonly rcode: Rcode;
  readonly id: number;
  readonly recursionDesired: boolean;
  readonly question: Buffer;
}

const NOTHING: Buffer = Buffer.alloc(0);

/** Reads what came from a client: never throws. Undefined for what nobody may be answered for: an answer, or no message at all. */
export function readQuery(message: Buffer): Query | Unanswerable | undefined {
  if (message.length < HEADER_BYTES) return undefined;
  const id = message.readUInt16BE(0);
  const flags = message.readUInt16BE(2);
  if ((flags & QR) !== 0) return undefined;
  const recursionDesired = (flags & RD) !== 0;
  const refuse = (rcode: Rcode, question: Buffer = NOTHING): Unanswerable => ({
    rcode,
    id,
    recursionDesired,
    question,
  });
  if ((flags & OPCODE) !== 0) return refuse(RCODE.notImplemented);
  const packet = decoded(message);
  const [asked, ...more] = packet?.questions ?? [];
  if (packet === undefined || asked === undefined || more.length > 0) return refuse(RCODE.formatError);
  const question = questionBytes(message, asked.name);
  if (question === undefined) return refuse(RCODE.formatError);
  if (asked.class !== 'IN') return refuse(RCODE.refused, question);
  if (TRANSFERS.has(asked.type)) return refuse(RCODE.refused, question);
  const opt = packet.additionals?.find((record) => record.type === 'OPT');
  const name = asked.name.toLowerCase();
  return {
    id,
    name: name.length > 1 && name.endsWith('.') ? name.slice(0, -1) : name,
    type: asked.type,
    question,
    recursionDesired,
    checkingDisabled: (flags & CD) !== 0,
    ...(opt?.type === 'OPT' ? { edns: { dnssecOk: (opt.flags & DNSSEC_OK) !== 0 } } : {}),
    udpBytes: Math.min(Math.max(opt?.type === 'OPT' ? opt.udpPayloadSize : 0, LEAST_UDP_BYTES), MOST_UDP_BYTES),
  };
}

export function isUnanswerable(query: Query | Unanswerable): query is Unanswerable {
  return 'rcode' in query;
}

/** Whole zones are nobody's to take. */
const TRANSFERS: ReadonlySet<string> = new Set(['AXFR', 'IXFR']);

function decoded(message: Buffer): DecodedPacket | undefined {
  try {
    return decode(message);
  } catch {
    return undefined;
  }
}

/**
 * The question's own bytes; undefined where its name has labels that can't be told from others by their text: with dots
 * in them, or with bytes that are no text.
 */
function questionBytes(message: Buffer, name: string): Buffer | undefined {
  const labels = name === '.' ? [] : name.split('.');
  let end = HEADER_BYTES;
  for (const label of labels) {
    const bytes = Buffer.from(label);
    const length = message[end] ?? 0;
    if (length !== bytes.length || length === 0) return undefined;
    if (!message.subarray(end + 1, end + 1 + length).equals(bytes)) return undefined;
    end += 1 + length;
  }
  const TYPE_AND_CLASS = 4;
  return message[end] === 0 ? message.subarray(HEADER_BYTES, end + 1 + TYPE_AND_CLASS) : undefined;
}
