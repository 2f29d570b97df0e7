import { encode, type Answer, type OptAnswer } from 'dns-packet';
import {
  HEADER_BYTES,
  isUnanswerable,
  MOST_UDP_BYTES,
  RCODE,
  type Query,
  type Rcode,
  type Unanswerable,
} from './query';

/** What a question is answered with. */
export interface Reply {
  readonly rcode: Rcode;
  /** From the zone itself, not from another server. */
  readonly authoritative: boolean;
  readonly answers: readonly Answer[];
  readonly authorities?: readonly Answer[];
  readonly additionals?: readonly Answer[];
}

const QR = 0x8000;
const AA = 0x0400;
const TC = 0x0200;
const RD = 0x0100;
const RA = 0x0080;
const CD = 0x0010;
/** Bytes of a message by TCP at most: its length has two bytes. */
const MOST_TCP_BYTES = 65_535;
/** A pointer to the name of the question, which begins behind the header: RFC 1035 §4.1.4. */
const QUESTION_NAME = Buffer.from([0xc0, HEADER_BYTES]);

/**
 * A message with the reply. By UDP it takes what the client does: answers that have no room are left out, and the client is
 * told to come by TCP; those that have are of use to clients that don't.
 */
export function encodeReply(query: Query, reply: Reply, transport: 'udp' | 'tcp'): Buffer {
  const limit = transport === 'udp' ? query.udpBytes : MOST_TCP_BYTES;
  const opt = query.edns === undefined ? undefined : recordBytes(OPT, undefined);
  const message = new Message(query.question, limit - (opt?.length ?? 0));
  const answers = message.add(reply.answers, query.name);
  const authorities = message.add(reply.authorities ?? [], query.name);
  const isCut = answers < reply.answers.length || authorities < (reply.authorities?.length ?? 0);
  // A hint only: what has no room is asked for again.
  const additionals = isCut ? 0 : message.add(reply.additionals ?? [], query.name);
  const flags =
    QR |
    (reply.authoritative ? AA : 0) |
    (isCut ? TC : 0) |
    (query.recursionDesired ? RD : 0) |
    RA |
    (query.checkingDisabled ? CD : 0) |
    reply.rcode;
  const counts = [1, answers, authorities, additionals + (opt === undefined ? 0 : 1)];
  return message.finish(header(query.id, flags, counts), opt);
}

/** A message that says why there is no answer. */
export function encodeRefusal({ id, recursionDesired, question, rcode }: Unanswerable): Buffer {
  const flags = QR | (recursionDesired ? RD : 0) | RA | rcode;
  return Buffer.concat([header(id, flags, [question.length > 0 ? 1 : 0, 0, 0, 0]), question]);
}

/** A message that says that it went wrong here. */
export function encodeFailure(query: Query | Unanswerable): Buffer {
  if (isUnanswerable(query)) return encodeRefusal(query);
  return encodeReply(query, { rcode: RCODE.serverFailure, authoritative: false, answers: [] }, 'udp');
}

const OPT: OptAnswer = {
  type: 'OPT',
  name: '.',
  udpPayloadSize: MOST_UDP_BYTES,
  extendedRcode: 0,
  ednsVersion: 0,
  flags: 0,
  flag_do: false,
  options: [],
};

/** A message that grows by whole records up to a limit. */
class Message {
  readonly #parts: Buffer[];
  #bytes: number;

  constructor(
    question: Buffer,
    private readonly limit: number,
  ) {
    this.#parts = [question];
    this.#bytes = HEADER_BYTES + question.length;
  }

  /** How many of the records had room. */
  add(records: readonly Answer[], asked: string): number {
    let count = 0;
    for (const record of records) {
      const bytes = recordBytes(record, asked);
      if (this.#bytes + bytes.length > this.limit) break;
      this.#parts.push(bytes);
      this.#bytes += bytes.length;
      count++;
    }
    return count;
  }

  finish(first: Buffer, last: Buffer | undefined): Buffer {
    return Buffer.concat([first, ...this.#parts, ...(last === undefined ? [] : [last])]);
  }
}

/** The library writes each name out; the one asked for, which most records are of, is a pointer. */
function recordBytes(record: Answer, asked: string | undefined): Buffer {
  if (!('name' in record) || record.name !== asked) return encode({ answers: [record] }).subarray(HEADER_BYTES);
  const rest = encode({ answers: [{ ...record, name: '.' }] }).subarray(HEADER_BYTES + 1);
  return Buffer.concat([QUESTION_NAME, rest]);
}

function header(id: number, flags: number, counts: readonly number[]): Buffer {
  const bytes = Buffer.alloc(HEADER_BYTES);
  bytes.writeUInt16BE(id, 0);
  bytes.writeUInt16BE(flags, 2);
  for (const [index, count] of counts.entries()) bytes.writeUInt16BE(count, 4 + 2 * index);
  return bytes;
}
