import {
  nameOfToken,
  subjects,
  type EventBody,
  type EventType,
  type LogEvent,
  type ResourceId,
  type StoredObject,
} from '@shiplog/contracts';
import { headers, type Msg, type MsgHdrs } from 'nats';
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
): { subject: string; payload: Uint8Array; headers: MsgHdrs } {
  const h = headers();
  h.append('ce-specversion', '1.0');
  h.append('ce-id', String(event.position));
  h.append('ce-source', SOURCE);
  h.append('ce-type', `shiplog.${event.type}`);
  h.append('ce-time', event.time);
  h.append('ce-subject', `${event.resource}/${event.namespace === '' ? '' : `${event.namespace}/`}${event.name}`);
  h.append('content-type', 'application/json');
  h.append('ce-typeversion', String(event.version));
  h.append('ce-uid', event.uid);
  h.append('ce-actor', headerText(event.actor));
  if (event.via !== undefined) h.append('ce-via', headerText(event.via));
  h.append('ce-commandid', headerText(event.commandId));
  h.append('ce-commandseq', String(event.commandSeq));
  if (event.cause !== undefined) h.append('ce-cause', String(event.cause));
  if (event.basis !== undefined) h.append('ce-basis', String(event.basis));
  h.append('ce-prev', String(links.prev));
  if (links.prevNode !== undefined) h.append('ce-prevnode', String(links.prevNode));
  const subject = subjects.event(event);
  if (entering !== undefined)
    return { subject, payload: toBytes({ ...event.data, entering } satisfies EventBody), headers: h };
  return { subject, payload: dataText === undefined ? toBytes(event.data) : Buffer.from(dataText), headers: h };
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
    uid: text(h, 'ce-uid'),
    node: nameOfToken(node),
    actor: decodeURIComponent(text(h, 'ce-actor')),
    via: textIn(h, 'ce-via'),
    commandId: decodeURIComponent(text(h, 'ce-commandid')),
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
 * A message's headers by name; undefined when it has none. Read from their bytes where they are at hand: nats.js makes
 * a list of each value and searches all names for each, which costs more than the rest of an event.
 */
function headerValues(message: Pick<Msg, 'headers'>): Map<string, string> | undefined {
  const { _rdata: bytes, _msg: { hdr: length = 0 } = {} } = message as Undecoded;
  if (bytes === undefined || length <= 0) return message.headers === undefined ? undefined : valuesOf(message.headers);
  const values = new Map<string, string>();
  const lines = Buffer.from(bytes.buffer, bytes.byteOffset, length).toString('utf8').split('\r\n');
  for (let i = 1; i < lines.length; i++) {
    const line = lines[i] as string;
    const colon = line.indexOf(':');
    if (colon > 0) values.set(line.slice(0, colon), line.slice(colon + 1).trim());
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
