import {
  nameOfToken,
  subjects,
  type EventBody,
  type EventType,
  type LogEvent,
  type ResourceId,
  type StoredObject,
} from '@shiplog/contracts';
import type { Msg, MsgHdrs } from 'nats';
import { fromBytes, toBytes } from './json';

/** Position of the event before this one in each channel that it is published on (0: it is the first). */
export interface ChannelLinks {
  prev: number;
  /** Only when the event belongs to a node. */
  prevNode?: number;
}

/** An event as it came over the wire. */
export interface ReceivedEvent extends ChannelLinks {
  event: LogEvent;
  /** The whole object after the event, where it is the object's first in its node's channel. */
  entering?: StoredObject;
}

const SOURCE = '/shiplog/journal';

/**
 * A log event as a CloudEvents 1.0 message in binary mode. `dataText` is the JSON of `event.data` where the caller
 * has it already.
 */
export function encodeEvent(
  event: LogEvent,
  links: ChannelLinks,
  entering?: StoredObject,
  dataText?: string,
): { subject: string; payload: Uint8Array; headers: WrittenHeaders } {
  const { namespace, resource, name, via, cause, basis } = event;
  const { prev, prevNode } = links;
  const text =
    'NATS/1.0\r\nce-specversion: 1.0\r\n' +
    `ce-id: ${event.position}\r\nce-source: ${SOURCE}\r\nce-type: shiplog.${event.type}\r\nce-time: ${event.time}\r\n` +
    `ce-subject: ${resource}/${namespace === '' ? '' : `${headerText(namespace)}/`}${headerText(name)}\r\n` +
    `content-type: application/json\r\nce-typeversion: ${event.version}\r\nce-uid: ${headerText(event.uid)}\r\n` +
    `ce-actor: ${headerText(event.actor)}\r\n${via === undefined ? '' : `ce-via: ${headerText(via)}\r\n`}` +
    `ce-commandid: ${headerText(event.commandId)}\r\nce-commandseq: ${event.commandSeq}\r\n` +
    `${cause === undefined ? '' : `ce-cause: ${cause}\r\n`}${basis === undefined ? '' : `ce-basis: ${basis}\r\n`}` +
    `ce-prev: ${prev}\r\n${prevNode === undefined ? '' : `ce-prevnode: ${prevNode}\r\n`}\r\n`;
  const subject = subjects.event(event);
  const headers = writtenHeaders(text);
  if (entering !== undefined)
    return { subject, payload: toBytes({ ...event.data, entering } satisfies EventBody), headers };
  return { subject, payload: dataText === undefined ? toBytes(event.data) : Buffer.from(dataText), headers };
}

/** All that publishing asks of headers, though nats.js does not declare it: their bytes. */
export type WrittenHeaders = MsgHdrs & { encode(): Uint8Array };

/** nats.js itself would look for each name among all the others, and cost more than the rest of the event. */
function writtenHeaders(text: string): WrittenHeaders {
  return { encode: () => Buffer.from(text, 'latin1') } as Partial<WrittenHeaders> as WrittenHeaders;
}

/** The inverse of `encodeEvent`. Throws an Error that names the subject when the message is not such an event. */
export function decodeEvent(message: Pick<Msg, 'subject' | 'data' | 'headers'>): ReceivedEvent {
  const h = headerValues(message);
  const tokens = message.subject.split('.');
  if (h === undefined || tokens.length !== 8) throw new Error(`not an event: ${message.subject}`);
  const [, , , resource, node, namespace, name, type] = tokens as [
    string,
    string,
    string,
    string,
    string,
    string,
    string,
    string,
  ];
  const { entering, ...data } = fromBytes<EventBody>(message.data);
  const event: LogEvent = {
    position: numberIn(h, 'ce-id') ?? NaN,
    time: text(h, 'ce-time'),
    type: type as EventType,
    version: numberIn(h, 'ce-typeversion') ?? 1,
    resource: nameOfToken(resource) as ResourceId,
    namespace: nameOfToken(namespace),
    name: nameOfToken(name),
    uid: textIn(h, 'ce-uid') ?? '',
    node: nameOfToken(node),
    actor: textIn(h, 'ce-actor') ?? '',
    via: textIn(h, 'ce-via'),
    commandId: textIn(h, 'ce-commandid') ?? '',
    commandSeq: numberIn(h, 'ce-commandseq') ?? 0,
    cause: numberIn(h, 'ce-cause'),
    basis: numberIn(h, 'ce-basis'),
    data,
  };
  if (!Number.isSafeInteger(event.position)) throw new Error(`an event without a position: ${message.subject}`);
  return { event, prev: numberIn(h, 'ce-prev') ?? 0, prevNode: numberIn(h, 'ce-prevnode'), entering };
}

/** What nats.js holds of a message before anybody asks for its headers; not among what it documents. */
interface Undecoded {
  readonly _rdata?: Uint8Array;
  readonly _msg?: { readonly hdr?: number };
}

/**
 * A message's headers by name; undefined when it has none. Read from their bytes where they are at hand: nats.js makes a
 * list of each value and searches all names for each, which costs more than the rest of an event.
 */
function headerValues(message: Pick<Msg, 'headers'>): Map<string, string> | undefined {
  const { _rdata: bytes, _msg: { hdr: length = 0 } = {} } = message as Undecoded;
  if (bytes === undefined || length <= 0) return message.headers === undefined ? undefined : valuesOf(message.headers);
  const values = new Map<string, string>();
  const block = Buffer.from(bytes.buffer, bytes.byteOffset, length).toString('latin1');
  for (let start = block.indexOf('\r\n') + 2; start > 1;) {
    const end = block.indexOf('\r\n', start);
    const colon = block.indexOf(':', start);
    if (end < 0 || colon < 0 || colon > end) break;
    values.set(block.slice(start, colon), block.slice(colon + 1, end).trim());
    start = end + 2;
  }
  return values;
}

function valuesOf(headers: MsgHdrs): Map<string, string> {
  const values = new Map<string, string>();
  for (const [name, [value = '']] of headers) values.set(name, value);
  return values;
}

function text(values: ReadonlyMap<string, string>, name: string): string {
  return values.get(name) ?? '';
}

function numberIn(values: ReadonlyMap<string, string>, name: string): number | undefined {
  const value = text(values, name);
  return value === '' ? undefined : Number(value);
}

function textIn(values: ReadonlyMap<string, string>, name: string): string | undefined {
  const value = text(values, name);
  return value === '' ? undefined : decodeURIComponent(value);
}

/** Header values are printable ASCII; anything else, and the percent sign itself, is percent-encoded. */
function headerText(text: string): string {
  return /^[!-$&-~]*$/.test(text) ? text : encodeURIComponent(text);
}
