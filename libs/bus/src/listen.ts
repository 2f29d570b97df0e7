import type { Msg, NatsConnection, Subscription } from 'nats';

/** What went wrong where nobody awaits it; the bus hands it on instead of swallowing it. */
export type ErrorSink = (error: unknown, where: string) => void;

export interface ListenOptions {
  readonly onError: ErrorSink;
  /** Only one member of the group gets each message. */
  readonly queue?: string;
  /** NATS' word, an empty message with the code 503, that nobody listens where one had published to. */
  readonly onNobody?: (message: Msg) => void;
}

/**
 * The one way to subscribe. A callback that throws would end nats.js' read loop, and with it everything that the process
 * hears; here it is told to `onError`, and the next message is heard. Empty messages by which NATS says that nobody
 * listens never reach `handle`.
 */
export function listen(
  connection: NatsConnection,
  subject: string,
  options: ListenOptions,
  handle: (message: Msg) => void,
): Subscription {
  const { onError, queue, onNobody } = options;
  return connection.subscribe(subject, {
    queue,
    callback: (error, message) => {
      try {
        if (error !== null) onError(error, subject);
        else if (isNobody(message)) onNobody?.(message);
        else handle(message);
      } catch (failure) {
        onError(failure, subject);
      }
    },
  });
}

function isNobody(message: Msg): boolean {
  return message.data.length === 0 && message.headers?.code === 503;
}
