import type { DuplexStream } from '@shiplog/bus';
import { CHANNELS, StatusError, type KubeStatus } from '@shiplog/contracts';
import { statusOf } from '@shiplog/apimachinery';
import type { ClientChannels } from './client-channels';

/** How long the status of a session that ended is waited for by a client that takes nothing, in milliseconds. */
const END_MS = 10_000;

/**
 * Joins a client with its session on a node, until either ends. A client that leaves ends the session; a session that breaks off
 * is told to the client, with the reason, as it would be told how a command ended.
 */
export async function joinSession(client: ClientChannels, stream: DuplexStream, stopping: AbortSignal): Promise<void> {
  const stop = (): void => stream.close(new StatusError(statusOf.unavailable('the api is stopping')));
  stopping.addEventListener('abort', stop, { once: true });
  if (stopping.aborted) stop();
  let left = false;
  const reading = toNode(client, stream).then(() => {
    left = true;
    stream.close(new StatusError(statusOf.badRequest('the client has left')));
  });
  // What breaks the stream is told by the other way.
  reading.catch(() => undefined);
  try {
    const status = await toClient(stream, client);
    if (!left) await inTime(client, client.end(status));
  } catch (error) {
    if (!left)
      await inTime(client, client.end(brokenStatus(stopping.aborted ? (stream.signal.reason as Error) : error)));
  } finally {
    stopping.removeEventListener('abort', stop);
    stream.close();
  }
}

async function toNode(client: ClientChannels, stream: DuplexStream): Promise<void> {
  for await (const { channel, data } of client.chunks) {
    if (channel === CHANNELS.stdin || channel === CHANNELS.resize) await stream.write(channel, data);
  }
}

/** Resolves with how the session ended. */
async function toClient(stream: DuplexStream, client: ClientChannels): Promise<KubeStatus> {
  const told: Uint8Array[] = [];
  for await (const { channel, data } of stream.chunks) {
    if (channel === CHANNELS.error) told.push(data);
    else if (channel === CHANNELS.stdout || channel === CHANNELS.stderr) await client.write(channel, data);
  }
  if (told.length > 0) return JSON.parse(Buffer.concat(told).toString()) as KubeStatus;
  // Closed from here, its stream ends without a word.
  stream.signal.throwIfAborted();
  throw new Error('the session ended without a word on how');
}

async function inTime(client: ClientChannels, ending: Promise<void>): Promise<void> {
  const timer = setTimeout(() => client.destroy(), END_MS);
  await ending.finally(() => clearTimeout(timer));
}

/** In the words of Kubernetes for what went wrong on the way. */
export function brokenStatus(error: unknown): KubeStatus {
  const message = error instanceof Error ? error.message : String(error);
  return { ...statusOf.internal(message), details: { causes: [{ message }] } };
}
