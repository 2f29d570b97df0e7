import type { Channel, CommitPart, LogEvent } from '@shiplog/contracts';
import { fromBytes } from './json';

/**
 * An event as JSON. `dataText` is the JSON of `event.data`, which the caller has already. Field by field: to have all of it
 * written by `JSON.stringify` takes a copy without the data first, and three times as long.
 */
export function eventText(event: LogEvent, dataText: string): string {
  const { position, time, version, fact, via, commandSeq, cause, basis } = event;
  return (
    `{"position":${position},"time":"${time}","version":${version},"resource":${quoted(event.resource)},"fact":"${fact}",` +
    `"namespace":${quoted(event.namespace)},"name":${quoted(event.name)},"uid":${quoted(event.uid)},` +
    `"node":${quoted(event.node)},"actor":${quoted(event.actor)},${via === undefined ? '' : `"via":${quoted(via)},`}` +
    `"commandId":${quoted(event.commandId)},"commandSeq":${commandSeq},` +
    `${cause === undefined ? '' : `"cause":${cause},`}${basis === undefined ? '' : `"basis":${basis},`}"data":${dataText}}`
  );
}

/** A part as it travels. `eventTexts` are its events, each as JSON. */
export function encodePart(part: Omit<CommitPart, 'events'>, eventTexts: readonly string[]): Uint8Array {
  const { epoch, from, to, resources, heads, entering } = part;
  return Buffer.from(
    `{"epoch":${epoch},"from":${from},"to":${to},"resources":[${resources.map(quoted).join()}],"heads":${JSON.stringify(heads)},` +
      `${entering === undefined ? '' : `"entering":${JSON.stringify(entering)},`}"events":[${eventTexts.join()}]}`,
  );
}

/** As JSON; hardly any text needs more than quotes. */
function quoted(text: string): string {
  return /^[ !#-[\]-~]*$/.test(text) ? `"${text}"` : JSON.stringify(text);
}

/** The inverse of `encodePart`. Throws an Error that names the channel when the message is no such part. */
export function decodePart(bytes: Uint8Array, channel: Channel): CommitPart {
  const part = fromBytes<CommitPart | undefined>(bytes);
  const isPart =
    Number.isSafeInteger(part?.from) &&
    Number.isSafeInteger(part?.to) &&
    Array.isArray(part?.resources) &&
    Array.isArray(part.events) &&
    part.events.every((event: Partial<LogEvent> | null) => Number.isSafeInteger(event?.position)) &&
    typeof part.heads === 'object' &&
    part.heads !== null;
  if (!isPart) throw new Error(`not a part of a commit: in the channel of ${channel.resource}`);
  return part as CommitPart;
}
