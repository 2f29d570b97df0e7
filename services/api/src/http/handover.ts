import type { Duplex } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Handover } from '../common/handover';
import type { UpgradeConnection } from '../common/web-socket';

/**
 * Tells a client that its connection has switched protocols, in the words of who has agreed to that, and joins the two from then on;
 * resolves when both ways have ended. Either's end without a word, and the api's, end both.
 */
export async function handOver(
  { socket, head: sent }: UpgradeConnection,
  { connection, head, rawHeaders }: Handover,
  stopping: AbortSignal,
): Promise<void> {
  const end = (): void => destroyBoth(socket, connection);
  stopping.addEventListener('abort', end, { once: true });
  try {
    if (stopping.aborted || socket.destroyed) return;
    socket.write(switching(rawHeaders), 'latin1');
    if (sent.length > 0) socket.unshift(sent);
    if (head.length > 0) connection.unshift(head);
    await Promise.all([pipeline(socket, connection), pipeline(connection, socket)]);
  } catch {
    // Cut off by one side: the other is told by the same.
  } finally {
    stopping.removeEventListener('abort', end);
    end();
  }
}

/** Node has read the headers, so that none of them breaks a line. */
function switching(rawHeaders: readonly string[]): string {
  let text = 'HTTP/1.1 101 Switching Protocols\r\n';
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) text += `${rawHeaders[i]}: ${rawHeaders[i + 1]}\r\n`;
  return `${text}\r\n`;
}

function destroyBoth(...connections: readonly Duplex[]): void {
  for (const connection of connections) connection.destroy();
}
