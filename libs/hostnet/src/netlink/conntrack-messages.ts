import { canonicalIp } from '@shiplog/apimachinery';
import type { TableFamily } from '../nft';

/**
 * A UDP conversation that the kernel has: the address and port that the client sends to, and those that answer. `handle`
 * is what it is deleted by.
 */
export interface TrackedFlow {
  readonly address: string;
  readonly port: string;
  readonly backend: string;
  readonly backendPort: string;
  /** Whether any of its addresses or ports is another one for the one side than for the other. */
  readonly isTranslated: boolean;
  readonly handle: Buffer;
}

const HEADER_BYTES = 16;
/** nfgenmsg: family, version, resource id. */
const FAMILY_BYTES = 4;
/** AF_INET and AF_INET6. */
const ADDRESS_FAMILY = { ip: 2, ip6: 10 } as const;
const UDP = 17;

/** linux/netfilter/nfnetlink_conntrack.h, with the subsystem's number (NFNL_SUBSYS_CTNETLINK) in the upper byte. */
const CONNTRACK = 1 << 8;
const GET = CONNTRACK | 1;
const DELETE = CONNTRACK | 2;
const ERROR = 2;
const REQUEST = 1;
const DUMP = 0x300;
const NESTED = 0x8000;
const TYPE_MASK = 0x3fff;
const ENOENT = -2;

const CTA = { original: 1, reply: 2, id: 12, zone: 18, filter: 25 } as const;
const TUPLE = { ip: 1, protocol: 2 } as const;
const IP = { ip: { source: 1, destination: 2 }, ip6: { source: 3, destination: 4 } } as const;
const PROTOCOL = { number: 1, sourcePort: 2, destinationPort: 3 } as const;
/** What the kernel needs to know the very entry again. */
const HANDLE: readonly number[] = [CTA.original, CTA.id, CTA.zone];
/** CTA_FILTER_ORIG_FLAGS: compare the protocol's number. CTA_FILTER_REPLY_FLAGS: nothing. */
const BY_PROTOCOL = [attribute(1, u32(1 << 3)), attribute(2, u32(0))];

/** Asks for all conversations over UDP of a family. Kernels before 5.8 know no such filter, and answer with the other protocols' too. */
export function listUdpFlows(family: TableFamily = 'ip'): Buffer {
  const tuple = nest(CTA.original, [nest(TUPLE.protocol, [attribute(PROTOCOL.number, Buffer.from([UDP]))])]);
  return message(GET, REQUEST | DUMP, family, Buffer.concat([tuple, nest(CTA.filter, BY_PROTOCOL)]));
}

/** Asks for a conversation to be forgotten; answered only when that fails. */
export function deleteFlow({ address, handle }: TrackedFlow): Buffer {
  return message(DELETE, REQUEST, address.includes(':') ? 'ip6' : 'ip', handle);
}

/** The UDP conversations in the kernel's answer. Throws an Error where it refused. */
export function readUdpFlows(answer: Buffer): TrackedFlow[] {
  throwRefusal(answer);
  const flows: TrackedFlow[] = [];
  for (const { type, body } of parts(answer)) {
    const flow = (type & ~0xff) === CONNTRACK ? flowOf(body.subarray(FAMILY_BYTES)) : undefined;
    if (flow !== undefined) flows.push(flow);
  }
  return flows;
}

/** Throws an Error with the first refusal in an answer; that something was not there any more is none. */
export function throwRefusal(answer: Buffer): void {
  for (const { type, body } of parts(answer)) {
    const code = type === ERROR ? body.readInt32LE(0) : 0;
    if (code !== 0 && code !== ENOENT) throw new Error(`netfilter refused: errno ${-code}`);
  }
}

function flowOf(attributes: Buffer): TrackedFlow | undefined {
  const all = attributesOf(attributes);
  const original = endsOf(all.get(CTA.original)?.value);
  const reply = endsOf(all.get(CTA.reply)?.value);
  if (original?.protocol !== UDP || reply === undefined) return undefined;
  return {
    address: original.destination,
    port: original.destinationPort,
    backend: reply.source,
    backendPort: reply.sourcePort,
    isTranslated:
      original.source !== reply.destination ||
      original.destination !== reply.source ||
      original.sourcePort !== reply.destinationPort ||
      original.destinationPort !== reply.sourcePort,
    handle: Buffer.concat(HANDLE.flatMap((type) => all.get(type)?.whole ?? [])),
  };
}

/** A direction's addresses and ports; undefined for what has none. */
function endsOf(tuple: Buffer | undefined) {
  if (tuple === undefined) return undefined;
  const parts = attributesOf(tuple);
  const ip = attributesOf(parts.get(TUPLE.ip)?.value ?? Buffer.alloc(0));
  const protocol = attributesOf(parts.get(TUPLE.protocol)?.value ?? Buffer.alloc(0));
  const family = ip.has(IP.ip.source) ? 'ip' : 'ip6';
  const source = addressOf(family, ip.get(IP[family].source)?.value);
  const destination = addressOf(family, ip.get(IP[family].destination)?.value);
  const ports = [protocol.get(PROTOCOL.sourcePort)?.value, protocol.get(PROTOCOL.destinationPort)?.value] as const;
  if (source === undefined || destination === undefined || ports[0]?.length !== 2 || ports[1]?.length !== 2)
    return undefined;
  return {
    protocol: protocol.get(PROTOCOL.number)?.value[0],
    source,
    destination,
    sourcePort: String(ports[0].readUInt16BE()),
    destinationPort: String(ports[1].readUInt16BE()),
  };
}

/** The canonical text of an address; undefined when it has another length than those of its family. */
function addressOf(family: TableFamily, bytes: Buffer | undefined): string | undefined {
  if (bytes?.length !== (family === 'ip' ? 4 : 16)) return undefined;
  return canonicalIp(family === 'ip' ? bytes.join('.') : (bytes.toString('hex').match(/.{4}/g) ?? []).join(':'));
}

/** Messages one after another, each at a multiple of four bytes. */
function* parts(answer: Buffer): Generator<{ type: number; body: Buffer }> {
  for (let at = 0; at + HEADER_BYTES <= answer.length;) {
    const length = answer.readUInt32LE(at);
    if (length < HEADER_BYTES || at + length > answer.length) return;
    yield { type: answer.readUInt16LE(at + 4), body: answer.subarray(at + HEADER_BYTES, at + length) };
    at += aligned(length);
  }
}

/** Attributes by their type: what each holds, and all of it with its header. */
function attributesOf(bytes: Buffer): Map<number, { value: Buffer; whole: Buffer }> {
  const found = new Map<number, { value: Buffer; whole: Buffer }>();
  for (let at = 0; at + 4 <= bytes.length;) {
    const length = bytes.readUInt16LE(at);
    if (length < 4 || at + length > bytes.length) break;
    const end = Math.min(at + aligned(length), bytes.length);
    const value = bytes.subarray(at + 4, at + length);
    found.set(bytes.readUInt16LE(at + 2) & TYPE_MASK, { value, whole: bytes.subarray(at, end) });
    at += aligned(length);
  }
  return found;
}

function message(type: number, flags: number, family: TableFamily, attributes: Buffer): Buffer {
  const head = Buffer.alloc(HEADER_BYTES + FAMILY_BYTES);
  head.writeUInt32LE(head.length + attributes.length, 0);
  head.writeUInt16LE(type, 4);
  head.writeUInt16LE(flags, 6);
  head.writeUInt8(ADDRESS_FAMILY[family], HEADER_BYTES);
  return Buffer.concat([head, attributes]);
}

function nest(type: number, inner: readonly Buffer[]): Buffer {
  return attribute(type | NESTED, Buffer.concat(inner));
}

function attribute(type: number, value: Buffer): Buffer {
  const bytes = Buffer.alloc(aligned(4 + value.length));
  bytes.writeUInt16LE(4 + value.length, 0);
  bytes.writeUInt16LE(type, 2);
  value.copy(bytes, 4);
  return bytes;
}

/** A number as the kernel's own. */
function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

function aligned(length: number): number {
  return (length + 3) & ~3;
}
