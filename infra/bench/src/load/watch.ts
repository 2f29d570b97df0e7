import { percentile } from '../figures';
import { HttpsClient } from './https-client';
import type { Job, WatchOutcome } from './jobs';
import { monotonicMicroseconds, sentTimes } from './pod';

const CLOSING_BRACE = 0x7d;
const NEWLINE = 0x0a;
/** The end of an event: JSON holds no newline, and the frames of chunked encoding have none behind a brace. */
const EVENT_END = Buffer.from([CLOSING_BRACE, NEWLINE]);

/** Watches by so many connections until `stop` resolves. Resolves `ready` once all of them are answered. */
export async function watchPods(
  { endpoint, watchers, path }: Extract<Job, { kind: 'watch' }>,
  ready: () => void,
  stop: Promise<void>,
): Promise<WatchOutcome> {
  const lags: number[] = [];
  let events = 0;
  let size = 0;
  let first = 0;
  let last = 0;
  const hear = (counter: EventCounter, bytes: Buffer, isTimed: boolean): void => {
    last = monotonicMicroseconds();
    if (first === 0) first = last;
    events += counter.count(bytes);
    size += bytes.length;
    if (isTimed) for (const sent of sentTimes(bytes)) lags.push((last - sent) / 1_000);
  };
  const connections = await Promise.all(Array.from({ length: watchers }, () => HttpsClient.open(endpoint)));
  await Promise.all(
    connections.map((connection, i) => {
      const counter = new EventCounter();
      // The times of one watcher, the last: to read those of all takes as much as it takes to hear the events.
      const isTimed = i === connections.length - 1;
      return connection.stream(path, (bytes) => hear(counter, bytes, isTimed));
    }),
  );
  ready();
  await stop;
  for (const connection of connections) connection.close();
  const seconds = Math.max((last - first) / 1e6, 0.001);
  const eventBytes = Math.round(size / Math.max(events, 1));
  const [p50, p99] = [percentile(lags, 0.5), percentile(lags, 0.99)];
  return { events, eventBytes, seconds, perSecond: events / seconds, p50, p99 };
}

/** Counts the events in a stream that is cut anywhere. */
export class EventCounter {
  #endsWithBrace = false;

  count(bytes: Buffer): number {
    let count = this.#endsWithBrace && bytes[0] === NEWLINE ? 1 : 0;
    for (let at = bytes.indexOf(EVENT_END); at >= 0; at = bytes.indexOf(EVENT_END, at + 2)) count++;
    this.#endsWithBrace = bytes[bytes.length - 1] === CLOSING_BRACE;
    return count;
  }
}
