import { statusOfError } from '@shiplog/contracts';
import { toBytes } from './json';
import type { BusMessage } from './message';
import { Sink, type StreamSink } from './stream-sink';
import { Source } from './stream-source';
import type { StreamEnd } from './stream-wire';

export type { StreamSink } from './stream-sink';
export type { StreamEnd } from './stream-wire';

/** Answers one request with a stream. An error thrown by the handler reaches the client as a Status. */
export async function answerWithStream(
  end: StreamEnd,
  message: BusMessage,
  handler: (sink: StreamSink) => Promise<void>,
): Promise<void> {
  const { reply } = message;
  if (reply === undefined) return;
  const sink = new Sink(end, reply);
  try {
    await handler(sink);
    sink.finish('end', new Uint8Array());
  } catch (error) {
    sink.finish('error', toBytes(statusOfError(error)));
  }
}

/**
 * The chunks of a streamed answer. Throws StatusError for the server's failure, StreamBroken when something of the stream
 * was lost, BusUnavailable when nobody answers. What is done with the chunks before is to be undone, or begun again, then:
 * they are not the whole.
 */
export async function* openStream(
  end: StreamEnd,
  subject: string,
  request: unknown,
  options: { signal?: AbortSignal } = {},
): AsyncIterable<Uint8Array> {
  const { signal } = options;
  if (signal?.aborted === true) return;
  const source = new Source(end, { subject, request: toBytes(request) });
  const leave = (): void => source.leave();
  signal?.addEventListener('abort', leave, { once: true });
  try {
    for (let chunk = await source.next(); chunk !== undefined; chunk = await source.next()) yield chunk;
  } finally {
    signal?.removeEventListener('abort', leave);
    leave();
  }
}
