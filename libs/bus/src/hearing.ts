import type { NatsConnection } from 'nats';
import { watchOf } from './connection-watch';
import type { ErrorSink } from './listen';

/** How often the server is asked whether it is there, in milliseconds. */
export const PING_MS = 1_000;
/** Pings without an answer, and without any message meanwhile, after which a connection is deaf: 3 to 4 seconds. */
const DEAF_AFTER = 3;
/** Answers to pings wait behind messages that are on their way to a slow reader; but not for ever. */
const UNANSWERED_AT_MOST = 30;

/**
 * Begins a connection anew that hears nothing although it should: nats.js' read loop can die while the socket lives, and
 * what stands between may eat bytes without closing anything. Told once to `onError`; subscriptions go on.
 */
export function endDeafness(connection: NatsConnection, onError: ErrorSink): void {
  const watch = watchOf(connection, onError);
  let heard = 0;
  let silent = 0;
  watch.on('back', () => (silent = 0));
  watch.on('ping', (unanswered) => {
    if (connection.isClosed()) return;
    const { inMsgs } = connection.stats();
    const isSilent = unanswered > 0 && (inMsgs === heard || unanswered >= UNANSWERED_AT_MOST);
    silent = isSilent ? silent + 1 : 0;
    heard = inMsgs;
    if (silent > DEAF_AFTER) destroySocket(connection);
    if (silent !== DEAF_AFTER) return;
    onError(new Error(`nothing was heard for ${DEAF_AFTER} pings; the connection is begun anew`), 'connection');
    connection.reconnect().catch((error: unknown) => onError(error, 'connection'));
  });
}

/** What nats.js holds of its socket; not among what it documents. */
interface Inner {
  readonly protocol?: { readonly transport?: { readonly socket?: { destroy(): void } } };
}

/** `reconnect()` first waits until all is written, which never is where nobody takes it. */
function destroySocket(connection: NatsConnection): void {
  (connection as Inner).protocol?.transport?.socket?.destroy();
}
