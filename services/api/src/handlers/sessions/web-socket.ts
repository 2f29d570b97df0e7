import type { Duplex } from 'node:stream';
import type { ChannelChunk } from '@shiplog/bus';
import { CHANNELS, type KubeStatus } from '@shiplog/contracts';
import { createWebSocketStream, type WebSocket } from 'ws';
import { CLOSE_CODES, webSocketAcceptor } from '../../common/web-socket';
import { statusText, type ClientChannels } from './client-channels';
import type { ChannelProtocol } from './domain/protocols';

/** Bytes of a client's message at most. */
const MESSAGE_BYTES = 4 * 1024 * 1024;
/** The channel of v5 on which a client says which channel it ends. */
const CLOSE = 255;

/** Accepts the WebSocket of a session. */
export const acceptWebSocket = webSocketAcceptor(MESSAGE_BYTES);

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
    this.webSocket.close(CLOSE_CODES.normal);
  }

  destroy(): void {
    this.#messages.destroy();
  }
}

const NOTHING = new Uint8Array();
