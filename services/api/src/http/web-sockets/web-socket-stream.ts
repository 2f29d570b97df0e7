import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import { CLOSE_CODES, webSocketAcceptor, type UpgradeConnection } from '../../common/web-socket';
import type { OutStream, StreamAnswer } from '../../rest/answer';
import { outStream, type StreamWatch } from '../respond';
import type { Framing } from './rules/framing';
import { ReceiveBudget } from './rules/receive-budget';

/** Bytes of a message at most from a client that has nothing to say. */
const MESSAGE_BYTES = 16 * 1024;

/** How long a client may take to answer that its connection is closed, in milliseconds, where it is not waited for. */
const CLOSE_MS = 500;

const EMPTY = Buffer.alloc(0);

const accept = webSocketAcceptor(MESSAGE_BYTES);

/**
 * Sends a stream over a WebSocket; resolves when it has ended: with the code 1000, 1001 when the api stops, or 1011 when it broke
 * off. Nothing is read of what its client sends; too much of it ends it. A handshake that is wrong is answered, and the stream ended.
 */
export async function sendOverWebSocket(
  connection: UpgradeConnection,
  answer: StreamAnswer,
  framing: Framing,
  stopping: AbortSignal,
  { broke, sent }: StreamWatch,
): Promise<void> {
  const left = new AbortController();
  const webSocket = await accept(connection, framing.protocol, (made) => {
    made.once('close', () => left.abort());
    limitReceived(made, connection);
    endAtStop(made, stopping, left);
    return made;
  });
  if (webSocket === undefined) return abandon(answer);
  if (framing.greets) webSocket.send(EMPTY, { binary: !framing.isText });
  const send = sender(webSocket, connection.socket, framing);
  const out = outStream(connection.socket, left.signal, (chunk) => {
    send(chunk);
    sent(chunk);
  });
  const code = await writeAll(answer, out, broke);
  // After what it was sent; the library waits for its client's answer as long as plain streams are waited for.
  webSocket.close(stopping.aborted ? CLOSE_CODES.goingAway : code);
}

/** Ends a stream that nobody will hear, whichever way it ends: whoever writes it may hold something. */
export async function abandon(answer: StreamAnswer): Promise<void> {
  const drained = (): Promise<void> => Promise.resolve();
  await answer.write({ signal: AbortSignal.abort(), write: () => true, drained }).catch(() => undefined);
}

/** Resolves with the code of how it ended. */
async function writeAll(answer: StreamAnswer, out: OutStream, broke: StreamWatch['broke']): Promise<number> {
  try {
    await answer.write(out);
    return CLOSE_CODES.normal;
  } catch (error) {
    broke(error);
    return CLOSE_CODES.failed;
  }
}

/** The messages of a chunk go to the kernel at once: each by itself costs more than all else of sending it. */
function sender(webSocket: WebSocket, socket: Duplex, { isText, messages }: Framing): (chunk: Buffer) => void {
  const options = { binary: !isText };
  return (chunk) => {
    socket.cork();
    for (const message of messages(chunk)) webSocket.send(message, options);
    socket.uncork();
  };
}

/** The stream ends when the api stops, and soon after it the connection, for which the server would wait. */
function endAtStop(webSocket: WebSocket, stopping: AbortSignal, left: AbortController): void {
  const stop = (): void => {
    left.abort();
    terminateSoon(webSocket);
  };
  if (stopping.aborted) return stop();
  stopping.addEventListener('abort', stop, { once: true });
  webSocket.once('close', () => stopping.removeEventListener('abort', stop));
}

function terminateSoon(webSocket: WebSocket): void {
  const timer = setTimeout(() => webSocket.terminate(), CLOSE_MS).unref();
  webSocket.once('close', () => clearTimeout(timer));
}

/** By all bytes of the connection, so that also frames count that are no messages. */
function limitReceived(webSocket: WebSocket, { socket }: UpgradeConnection): void {
  const budget = new ReceiveBudget(performance.now());
  socket.on('data', function count(chunk: Buffer): void {
    if (budget.spend(chunk.length, performance.now())) return;
    socket.off('data', count);
    webSocket.close(CLOSE_CODES.policy, 'nothing is read here');
    terminateSoon(webSocket);
  });
}
