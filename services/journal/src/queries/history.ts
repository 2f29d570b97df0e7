import { eventOn, foldObject, isDeletion } from '@shiplog/cluster';
import {
  StatusError,
  type Channel,
  type LogEvent,
  type ObjectKey,
  type Queries,
  type StoredObject,
} from '@shiplog/contracts';
import { statusOf } from '@shiplog/apimachinery';
import type { Repositories } from '../database/repositories';

const DEFAULT_EVENTS = 1_000;
const MAX_EVENTS = 10_000;
const DEFAULT_HISTORY = 50;
const MAX_HISTORY = 1_000;
/** JSON text of one answer, at most: an answer is one message. */
const ANSWER_BYTES = 700_000;

/** What the log's events tell of the past. */
export class History {
  constructor(private readonly log: Pick<Repositories, 'events' | 'partitions'>) {}

  /** The events of channels after a position, oldest first. Throws 410 when some of them are no longer kept. */
  async events(ask: Queries['events']['ask'], head: number): Promise<Queries['events']['answer']> {
    const limit = Math.min(ask.limit ?? DEFAULT_EVENTS, MAX_EVENTS);
    const upTo = Math.min(ask.upTo ?? head, head);
    await this.#refuseIfGone(ask.after);
    const found = await this.log.events.ofChannels({
      channels: ask.channels,
      after: ask.after,
      upTo,
      limit: limit + 1,
    });
    const page = fitting(found.slice(0, limit));
    const more = found.length > page.length;
    // Of what was read an excerpt may have nothing.
    const position = more ? (page.at(-1)?.position ?? ask.after) : head;
    return { events: page.flatMap((event) => onAnyOf(ask.channels, event) ?? []), more, position };
  }

  /** The last events of one object or of the whole cluster, newest first. */
  async history({ key, before, limit = DEFAULT_HISTORY }: Queries['history']['ask']): Promise<LogEvent[]> {
    return fitting(await this.log.events.newest(Math.min(limit, MAX_HISTORY), { key, before }));
  }

  /**
   * One object as it was at a position, folded from its own events; `unknown` when its first one is no longer kept.
   */
  async objectAt(key: ObjectKey, at: number): Promise<StoredObject | 'none' | 'unknown'> {
    const events = await this.log.events.ofObject(key, at);
    const [first] = events;
    if (first === undefined) return (await this.log.partitions.firstKept()) > 1 ? 'unknown' : 'none';
    if (first.data.object === undefined && !isDeletion(first.fact)) return 'unknown';
    return events.reduce<StoredObject | undefined>(foldObject, undefined) ?? 'none';
  }

  async #refuseIfGone(after: number): Promise<void> {
    const first = await this.log.partitions.firstKept();
    if (after + 1 >= first) return;
    throw new StatusError(statusOf.expired(`events after ${after} are no longer kept: the log begins at ${first}`));
  }
}

/** An event as some channels have it, whole where one of them does; undefined when it is of none. */
function onAnyOf(channels: readonly Channel[] | undefined, event: LogEvent): LogEvent | undefined {
  if (channels === undefined) return event;
  const seen = channels.flatMap((channel) => eventOn(channel, event) ?? []);
  return seen.includes(event) ? event : seen[0];
}

/** As many as one message can carry, at least one. */
function fitting(events: LogEvent[]): LogEvent[] {
  let bytes = 0;
  const end = events.findIndex((event, i) => {
    bytes += Buffer.byteLength(JSON.stringify(event));
    return i > 0 && bytes > ANSWER_BYTES;
  });
  return end < 0 ? events : events.slice(0, end);
}
