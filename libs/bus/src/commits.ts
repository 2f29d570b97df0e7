import type { Channel, CommitPart, LogEvent } from '@shiplog/contracts';
import { fromBytes } from './json';

/** All of an event but its data, as JSON that `eventText` completes: the same in each of its channels. */
export function envelopeText(event: LogEvent): string {
  return JSON.stringify({ ...event, data: undefined }).slice(0, -1);
}

/** An event as JSON, of its envelope and the JSON of what its data are in a channel. */
export function eventText(envelope: string, dataText: string): string {
  return `${envelope},"data":${dataText}}`;
}

/** A part as it travels. `eventTexts` are its events, each as JSON. */
export function encodePart(part: Omit<CommitPart, 'events'>, eventTexts: readonly string[]): Uint8Array {
  return Buffer.from(`${JSON.stringify(part).slice(0, -1)},"events":[${eventTexts.join()}]}`);
}

/** The inverse of `encodePart`. Throws an Error that names the channel when the message is no such part. */
export function decodePart(bytes: Uint8Array, channel: Channel): CommitPart {
  const part = fromBytes<CommitPart | undefined>(bytes);
  const isPart =
    Number.isSafeInteger(part?.from) &&
    Number.isSafeInteger(part?.to) &&
    Array.isArray(part?.channels) &&
    Array.isArray(part.events) &&
    part.events.every((event: Partial<LogEvent> | null) => Number.isSafeInteger(event?.position)) &&
    typeof part.heads === 'object' &&
    part.heads !== null;
  if (!isPart) throw new Error(`not a part of a commit: in the channel of ${channel.resource}`);
  return part as CommitPart;
}
