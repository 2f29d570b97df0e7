import type { Duplex } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import type { DuplexStream } from './duplex';

const NONE = new Uint8Array();
/** The one channel of a stream that carries a connection's bytes. */
const BYTES = 0;
/** Bytes that may wait for a connection to take them: several of a stream's chunks, which then go to the kernel together. */
const MOST_WAITING = 256 * 1024;

/**
 * Joins a stream both ways with a connection: what comes on one goes out on the other, each way until it ends, no faster than
 * it is taken. Resolves when the connection has ended; rejects with what broke the stream or the connection, and ends the
 * connection then. With `lingerMs`, a connection that has said all hears for so long what still comes, and no longer.
 */
export async function carryBytes(
  stream: DuplexStream,
  connection: Duplex,
  { lingerMs }: { readonly lingerMs?: number } = {},
): Promise<void> {
  // Told to who reads.
  connection.on('error', () => undefined);
  const broken = (): void => void connection.destroy(stream.signal.reason as Error);
  stream.signal.addEventListener('abort', broken, { once: true });
  try {
    if (stream.signal.aborted) broken();
    const closed = new Promise((resolve) => connection.once('close', resolve));
    const inward = inwards(stream, connection);
    const outward = outwards(connection, stream);
    const both = outward.then(() => {
      // Nothing can be written to a connection that is gone.
      if (connection.destroyed) return;
      return Promise.race([inward, closed, ...lingering(lingerMs, connection)]);
    });
    // Told by what is awaited below, or nobody's.
    for (const way of [inward, outward, both]) way.catch(() => undefined);
    await Promise.race([both, stream.left.then(() => inward)]);
  } catch (error) {
    connection.destroy();
    throw error;
  } finally {
    stream.signal.removeEventListener('abort', broken);
  }
}

function lingering(milliseconds: number | undefined, connection: Duplex): Promise<void>[] {
  if (milliseconds === undefined) return [];
  return [delay(milliseconds, undefined, { ref: false }).then(() => void connection.destroy())];
}

async function inwards(stream: DuplexStream, connection: Duplex): Promise<void> {
  for await (const { channel, data } of stream.chunks) {
    if (channel !== BYTES) continue;
    if (data.length === 0) break;
    if (connection.destroyed) return;
    await writeThrough(connection, data);
  }
  if (!connection.destroyed) connection.end();
}

async function outwards(connection: Duplex, stream: DuplexStream): Promise<void> {
  // Its end is not that of the other way.
  const chunks = connection.iterator({ destroyOnReturn: false }) as AsyncIterable<Uint8Array>;
  for await (const data of chunks) await stream.write(BYTES, data);
  await stream.write(BYTES, NONE);
}

/**
 * Writes; resolves when the connection keeps up. To wait whenever it says so would be for each chunk: its own limit is less than
 * one. What is gone, or was ended, takes nothing.
 */
export async function writeThrough(connection: Duplex, data: Uint8Array): Promise<void> {
  if (!connection.writable || connection.write(data) || connection.writableLength <= MOST_WAITING) return;
  if (!connection.destroyed) await drained(connection);
}

/** Resolves when a writer may go on: also when it never will. Awaited for every chunk of a slow one, so it makes little. */
export function drained(writer: Duplex): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      writer.off('drain', done).off('close', done);
      resolve();
    };
    writer.on('drain', done).on('close', done);
  });
}
