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
  h.set('ce-specversion', '1.0');
  h.set('ce-id', String(event.position));
  h.set('ce-source', SOURCE);
  h.set('ce-type', `shiplog.${event.type}`);
  h.set('ce-time', event.time);
  h.set('ce-subject', `${event.resource}/${event.namespace === '' ? '' : `${event.namespace}/`}${event.name}`);
  h.set('content-type', 'application/json');
  h.set('ce-typeversion', String(event.version));
  h.set('ce-uid', event.uid);
  h.set('ce-actor', headerText(event.actor));
  if (event.via !== undefined) h.set('ce-via', headerText(event.via));
  h.set('ce-commandid', headerText(event.commandId));
  h.set('ce-commandseq', String(event.commandSeq));
  if (event.cause !== undefined) h.set('ce-cause', String(event.cause));
  if (event.basis !== undefined) h.set('ce-basis', String(event.basis));
  h.set('ce-prev', String(links.prev));
  if (links.prevNode !== undefined) h.set('ce-prevnode', String(links.prevNode));
  const subject = subjects.event(event);
  if (entering !== undefined)
    return { subject, payload: toBytes({ ...event.data, entering } satisfies EventBody), headers: h };
  return { subject, payload: dataText === undefined ? toBytes(event.data) : Buffer.from(dataText), headers: h };
}

/** The inverse of `encodeEvent`. Throws an Error that names the subject when the message is not such an event. */
export function decodeEvent(message: Pick<Msg, 'subject' | 'data' | 'headers'>): ReceivedEvent {
  const h = message.headers;
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
    time: h.get('ce-time'),
    type: type as EventType,
    version: numberIn(h, 'ce-typeversion') ?? 1,
    resource: nameOfToken(resource) as ResourceId,
    namespace: nameOfToken(namespace),
    name: nameOfToken(name),
    uid: h.get('ce-uid'),
    node: nameOfToken(node),
    actor: decodeURIComponent(h.get('ce-actor')),
    via: textIn(h, 'ce-via'),
    commandId: decodeURIComponent(h.get('ce-commandid')),
    commandSeq: numberIn(h, 'ce-commandseq') ?? 0,
    cause: numberIn(h, 'ce-cause'),
    basis: numberIn(h, 'ce-basis'),
    data,
  };
  if (!Number.isSafeInteger(event.position)) throw new Error(`an event without a position: ${message.subject}`);
  return { event, prev: numberIn(h, 'ce-prev') ?? 0, prevNode: numberIn(h, 'ce-prevnode'), entering };
}

function numberIn(h: MsgHdrs, name: string): number | undefined {
  const text = h.get(name);
  return text === '' ? undefined : Number(text);
}

function textIn(h: MsgHdrs, name: string): string | undefined {
  const text = h.get(name);
  return text === '' ? undefined : decodeURIComponent(text);
}

/** Header values are printable ASCII; anything else, and the percent sign itself, is percent-encoded. */
function headerText(text: string): string {
  return /^[!-$&-~]*$/.test(text) ? text : encodeURIComponent(text);
}
