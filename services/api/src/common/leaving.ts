import type { EventEmitter } from 'node:events';
import type { Duplex } from 'node:stream';
import { StatusError } from '@shiplog/contracts';
import { statusOf } from '@shiplog/apimachinery';

/** Listens for a client that leaves before it is answered; the function that comes back ends the listening. */
export type Leaving = (left: () => void) => () => void;

/** A client that waits for a response: it is closed when nobody does. */
export function leavingResponse(response: Pick<EventEmitter, 'once' | 'off'>): Leaving {
  return (left) => {
    response.once('close', left);
    return () => response.off('close', left);
  };
}

/** A client whose connection is in nobody's hands yet: it may end its side, or all of it. */
export function leavingSocket(socket: Duplex): Leaving {
  return (left) => {
    socket.once('end', left).once('close', left);
    if (socket.destroyed || socket.readableEnded) left();
    return () => socket.off('end', left).off('close', left);
  };
}

/**
 * Does what may take long, as long as somebody waits for it: its signal ends it. Throws 504 when the client has left, 503 when the api
 * stops, whatever the work has come to then.
 */
export async function untilLeft<T>(
  leaving: Leaving,
  stopping: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const abort = new AbortController();
  const stop = (): void => abort.abort(new StatusError(statusOf.unavailable('the api is stopping')));
  const ignore = leaving(() => abort.abort(new StatusError(statusOf.timeout('the client has left'))));
  stopping.addEventListener('abort', stop);
  if (stopping.aborted) stop();
  try {
    const result = await work(abort.signal);
    abort.signal.throwIfAborted();
    return result;
  } finally {
    stopping.removeEventListener('abort', stop);
    ignore();
  }
}
