import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { ChannelChunk } from '@shiplog/bus';
import { CHANNELS, type KubeStatus } from '@shiplog/contracts';
import { createWebSocketStream, WebSocketServer, type WebSocket } from 'ws';
import { statusText, type ClientChannels } from './client-channels';
import type { ChannelProtocol } from './domain/protocols';
import type { Upgrade } from './upgrade';

/** Bytes of a client's message at most. */
const MESSAGE_BYTES = 4 * 1024 * 1024;
/** How often a client is asked whether it is there, in milliseconds; twice without an answer ends its connection. */
const PING_MS = 30_000;
/** A WebSocket's code for an end as it should be (RFC 6455, 7.4.1). */
const NORMAL = 1_000;
/** The channel of v5 on which a client says which channel it ends. */
const CLOSE = 255;

const server = new WebSocketServer({
  noServer: true,
  clientTracking: false,
  perMessageDeflate: false,
  maxPayload: MESSAGE_BYTES,
});

/** What the answers to these requests name. Kubernetes' own names of protocols are not all such as RFC 6455 lets them be. */
const chosen = new WeakMap<IncomingMessage, string>();
server.on('headers', (headers: string[], request: IncomingMessage) => {
  const protocol = chosen.get(request) ?? '';
  if (protocol !== '') headers.push(`Sec-WebSocket-Protocol: ${protocol}`);
});

/** Accepts a WebSocket with a protocol, and what is made of it; undefined when its handshake is wrong, which is answered then. */
export function acceptWebSocket<T>(
  { request, socket, head }: Upgrade,
  protocol: string,
  use: (webSocket: WebSocket) => T,
): Promise<T | undefined> {
  delete request.headers['sec-websocket-protocol'];
  chosen.set(request, protocol);
  return new Promise((resolve) => {
    socket.once('close', () => resolve(undefined));
    server.handleUpgrade(request, socket, head, (webSocket) => {
      keepAlive(webSocket);
      // At once: what comes is heard by who listens.
      resolve(use(webSocket));
    });
  });
}

function keepAlive(webSocket: WebSocket): void {
  // Told to who reads it.
  webSocket.on('error', () => undefined);
  let unanswered = 0;
  webSocket.on('pong', () => (unanswered = 0));
  const timer = setInterval(() => {
    if (unanswered++ >= 2) return webSocket.terminate();
    webSocket.ping();
  }, PING_MS).unref();
  webSocket.once('close', () => clearInterval(timer));
}

/** A WebSocket's messages as a stream of bytes, whichever way they are cut. */
export function bytesOf(webSocket: WebSocket): Duplex {
  const stream = createWebSocketStream(webSocket);
  stream.on('error', () => undefined);
  return stream;
}

/** The channels of a session as messages of a WebSocket. */
export class WebSocketChannels implements ClientChannels {
  readonly #messages: Duplex;

  constructor(
    private readonly webSocket: WebSocket,
    private readonly protocol: ChannelProtocol,
  ) {
    this.#messages = createWebSocketStream(webSocket, { readableObjectMode: true });
    this.#messages.on('error', () => undefined);
  }

  get chunks(): AsyncIterable<ChannelChunk> {
    return this.#chunks();
  }

  async *#chunks(): AsyncGenerator<ChannelChunk> {
    const { codec, endsChannels } = this.protocol;
    try {
      for await (const message of this.#messages.iterator({ destroyOnReturn: false })) {
        const chunk = codec.decode(message as Uint8Array | string);
        if (chunk === undefined) continue;
        const [ended] = chunk.data;
        if (endsChannels && chunk.channel === CLOSE && ended !== undefined) yield { channel: ended, data: NOTHING };
        // Nothing was said, and nothing ends by it.
        else if (chunk.data.length > 0) yield chunk;
      }
    } catch {
      // Cut off: the client has left, as if it had said so.
    }
  }

  /** Each message is sent before the next: so the last is out before the end. */
  async write(channel: number, data: Uint8Array): Promise<void> {
    if (!this.#messages.writable) return;
    const message = this.protocol.codec.encode(channel, data);
    await new Promise<void>((resolve) => this.#messages.write(message, () => resolve()));
  }

  async end(status: KubeStatus): Promise<void> {
    const text = statusText(status, this.protocol.tellsStatus);
    if (text.length > 0) await this.write(CHANNELS.error, text);
    // The stream's own end would close it without a code.
    this.webSocket.close(NORMAL);
  }

  destroy(): void {
    this.#messages.destroy();
  }
}

const NOTHING = new Uint8Array();
