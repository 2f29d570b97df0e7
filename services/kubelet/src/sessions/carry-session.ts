import type { DuplexStream } from '@shiplog/bus';
import { CHANNELS, type KubeStatus } from '@shiplog/contracts';
import type { ContainerSession } from '../runtime/runtime';
import { terminalSize } from './domain/terminal-size';

/**
 * Joins a session of a container with the stream of who asked for it, until the container's side ends. Rejects with what ended the
 * stream before; the session is closed then.
 */
export async function carrySession(stream: DuplexStream, session: ContainerSession): Promise<void> {
  const close = (): void => void session.close().catch(() => undefined);
  stream.signal.addEventListener('abort', close, { once: true });
  if (stream.signal.aborted) close();
  // What ends it also aborts the signal.
  input(stream, session).catch(close);
  await output(stream, session);
}

async function input(stream: DuplexStream, session: ContainerSession): Promise<void> {
  for await (const { channel, data } of stream.chunks) {
    if (channel === CHANNELS.stdin && data.length > 0) await session.write(data);
    else if (channel === CHANNELS.stdin) session.endInput();
    else if (channel === CHANNELS.resize) await resize(session, data);
  }
  session.endInput();
}

async function resize(session: ContainerSession, data: Uint8Array): Promise<void> {
  const size = terminalSize(data);
  if (size !== undefined) await session.resize(size.columns, size.rows);
}

async function output(stream: DuplexStream, session: ContainerSession): Promise<void> {
  try {
    for await (const { name, data } of session.output) await stream.write(CHANNELS[name], data);
  } catch (error) {
    // Let go of because the stream ended: that is the reason.
    stream.signal.throwIfAborted();
    throw error;
  }
  stream.signal.throwIfAborted();
}

/** How a session ended, as the last that is said in it. */
export async function tellStatus(stream: DuplexStream, status: KubeStatus): Promise<void> {
  await stream.write(CHANNELS.error, Buffer.from(JSON.stringify(status)));
}
