import {
  EVENT_FORMAT,
  eventType,
  nameOfToken,
  subjects,
  type EventData,
  type Fact,
  type LogEvent,
} from '@shiplog/contracts';
import type { Msg } from 'nats';
import { headerValues, numberIn, text, textIn, writtenHeaders, type WrittenHeaders } from './headers';
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
  /** Of the term in which it was published. */
  epoch?: number;
}

const SOURCE = '/shiplog/journal';

/**
 * A log event as a CloudEvents 1.0 message in binary mode, published in the term of an epoch. `dataText` is the JSON
 * of `event.data` where the caller has it already.
 */
export function encodeEvent(
  event: LogEvent,
  links: ChannelLinks,
  epoch: number,
  dataText?: string,
): { subject: string; payload: Uint8Array; headers: WrittenHeaders } {
  const { namespace, resource, name, via, cause, basis } = event;
  const { prev, prevNode } = links;
  const text =
    'NATS/1.0\r\nce-specversion: 1.0\r\n' +
    `ce-id: ${event.position}\r\nce-source: ${SOURCE}\r\nce-type: shiplog.${eventType(event)}\r\nce-time: ${event.time}\r\n` +
    `ce-subject: ${resource}/${namespace === '' ? '' : `${headerText(namespace)}/`}${headerText(name)}\r\n` +
    `content-type: application/json\r\nce-typeversion: ${event.version}\r\nce-uid: ${headerText(event.uid)}\r\n` +
    `ce-actor: ${headerText(event.actor)}\r\n${via === undefined ? '' : `ce-via: ${headerText(via)}\r\n`}` +
    `ce-commandid: ${headerText(event.commandId)}\r\nce-commandseq: ${event.commandSeq}\r\n` +
    `${cause === undefined ? '' : `ce-cause: ${cause}\r\n`}${basis === undefined ? '' : `ce-basis: ${basis}\r\n`}` +
    `ce-epoch: ${epoch}\r\nce-prev: ${prev}\r\n${prevNode === undefined ? '' : `ce-prevnode: ${prevNode}\r\n`}\r\n`;
  const subject = subjects.event(event);
  const headers = writtenHeaders(Buffer.from(text, 'latin1'));
  return { subject, payload: dataText === undefined ? toBytes(event.data) : Buffer.from(dataText), headers };
}

/** The inverse of `encodeEvent`. Throws an Error that names the subject when the message is not such an event. */
export function decodeEvent(message: Pick<Msg, 'subject' | 'data' | 'headers'>): ReceivedEvent {
  const h = headerValues(message);
  const tokens = message.subject.split('.');
  if (h === undefined || tokens.length !== 8) throw new Error(`not an event: ${message.subject}`);
  const [, , , resource, node, namespace, name, fact] = tokens as [
    string,
    string,
    string,
    string,
    string,
    string,
    string,
    string,
  ];
  const data = fromBytes<EventData>(message.data);
  const event: LogEvent = {
    position: numberIn(h, 'ce-id') ?? NaN,
    time: text(h, 'ce-time'),
    version: numberIn(h, 'ce-typeversion') ?? EVENT_FORMAT,
    resource: nameOfToken(resource),
    fact: fact as Fact,
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
  return {
    event,
    epoch: numberIn(h, 'ce-epoch'),
    prev: numberIn(h, 'ce-prev') ?? 0,
    prevNode: numberIn(h, 'ce-prevnode'),
  };
}

/** Header values are printable ASCII; anything else, and the percent sign itself, is percent-encoded. */
function headerText(text: string): string {
  return /^[!-$&-~]*$/.test(text) ? text : encodeURIComponent(text);
}
