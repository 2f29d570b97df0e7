import type { Duplex } from 'node:stream';
import { carryBytes, type DuplexStream } from '@shiplog/bus';
import { SpdyConnection, type SpdyStream } from '@shiplog/spdy';
import type { WebSocket } from 'ws';
import { portOf } from '../../rest/session-options';
import type { ChannelProtocol } from './domain/protocols';
import { channelPorts } from './web-socket-ports';

/** The pod that is forwarded to, and how one of its ports is reached. Rejects with why it can't be. */
export interface ForwardTarget {
  readonly pod: string;
  readonly uid: string;
  dial(port: number): Promise<DuplexStream>;
}

/** Connections of one client at a time: each has two streams. */
const MOST_STREAMS = 1_000;
/** How long a client may take to open the second stream of a pair, in milliseconds. */
const PAIR_MS = 30_000;

/**
 * Serves a client that opens a pair of streams for each connection (portforward.k8s.io): one for its bytes and one for what
 * goes wrong, with the port and a number in their headers. Resolves when the client has left.
 */
export async function forwardOverSpdy(socket: Duplex, target: ForwardTarget, stopping: AbortSignal): Promise<void> {
  const pairs = new Map<string, Partial<Record<'data' | 'error', SpdyStream>>>();
  const take = (stream: SpdyStream): void => {
    const { streamtype, requestid = '', port } = stream.headers;
    const number = portOf(port);
    if ((streamtype !== 'data' && streamtype !== 'error') || number === undefined) return void stream.destroy();
    const pair = pairs.get(requestid) ?? {};
    if (pair[streamtype] !== undefined) return void stream.destroy();
    pair[streamtype] = stream;
    pairs.set(requestid, pair);
    stream.reply();
    const { data, error } = pair;
    if (data === undefined || error === undefined) return expire(pairs, requestid, stream);
    pairs.delete(requestid);
    void forward(target, number, data, error);
  };
  const connection = new SpdyConnection(socket, { server: true, onStream: take, limits: { streams: MOST_STREAMS } });
  const stop = (): void => connection.destroy();
  stopping.addEventListener('abort', stop, { once: true });
  if (stopping.aborted) stop();
  await connection.closed;
  stopping.removeEventListener('abort', stop);
}

function expire(pairs: Map<string, unknown>, id: string, stream: SpdyStream): void {
  const timer = setTimeout(() => {
    if (pairs.delete(id)) stream.destroy();
  }, PAIR_MS).unref();
  stream.once('close', () => clearTimeout(timer));
}

/** The same over a WebSocket with two channels for each port that was asked for. */
export async function forwardOverChannels(
  webSocket: WebSocket,
  protocol: ChannelProtocol,
  ports: readonly number[],
  target: ForwardTarget,
  stopping: AbortSignal,
): Promise<void> {
  const channels = channelPorts(webSocket, protocol, ports);
  const stop = (): void => webSocket.close(1_001);
  stopping.addEventListener('abort', stop, { once: true });
  if (stopping.aborted) stop();
  await Promise.all(channels.map(({ port, data, error }) => forward(target, port, data, error)));
  stopping.removeEventListener('abort', stop);
  webSocket.close(1_000);
}

/** Carries one connection. What goes wrong is told on its error stream, in the words of Kubernetes; not that its client left. */
async function forward(target: ForwardTarget, port: number, data: Duplex, error: Duplex): Promise<void> {
  let stream: DuplexStream | undefined;
  try {
    stream = await target.dial(port);
    await carryBytes(stream, data);
    error.end();
  } catch (failure) {
    const isClients = data.errored !== null && stream?.signal.aborted !== true;
    const reason = failure instanceof Error ? failure.message : String(failure);
    if (isClients) error.end();
    else error.end(`error forwarding port ${port} to pod ${target.pod}, uid ${target.uid}: ${reason}`);
    data.end();
  } finally {
    stream?.close();
    error.resume();
    data.resume();
  }
}
