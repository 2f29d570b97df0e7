import { Duplex } from 'node:stream';
import { createWebSocketStream, type WebSocket } from 'ws';
import { drained } from '@shiplog/bus';
import type { ChannelProtocol } from './domain/protocols';

/** One port of a port-forward over a WebSocket. */
export interface ChannelPort {
  readonly port: number;
  readonly data: Duplex;
  readonly error: Duplex;
}

/**
 * The ports of a port-forward over a WebSocket: the first has the channels 0 and 1, the next 2 and 3. The first message on each
 * channel tells its port, in two bytes. A channel whose reader is behind holds back all that come after.
 */
export function channelPorts(
  webSocket: WebSocket,
  { codec }: ChannelProtocol,
  ports: readonly number[],
): readonly ChannelPort[] {
  const messages = createWebSocketStream(webSocket, { readableObjectMode: true });
  messages.on('error', () => undefined);
  const write = async (channel: number, bytes: Uint8Array): Promise<void> => {
    if (messages.writable && !messages.write(codec.encode(channel, bytes))) await drained(messages);
  };
  const all = ports.flatMap((_, index) => [new Channel(2 * index, write), new Channel(2 * index + 1, write)]);
  void receive(messages, codec, all);
  return ports.map((port, index) => {
    const [data, error] = [all[2 * index], all[2 * index + 1]] as [Channel, Channel];
    for (const channel of [data, error]) void write(channel.id, Buffer.from([port & 0xff, port >> 8]));
    return { port, data, error };
  });
}

async function receive(messages: Duplex, codec: ChannelProtocol['codec'], channels: readonly Channel[]): Promise<void> {
  try {
    for await (const message of messages.iterator({ destroyOnReturn: false })) {
      const chunk = codec.decode(message as Uint8Array | string);
      if (chunk !== undefined) await channels[chunk.channel]?.receive(chunk.data);
    }
  } catch {
    // The client has left.
  }
  for (const channel of channels) channel.destroy(new Error('the client has left'));
}

class Channel extends Duplex {
  #wake: (() => void) | undefined;

  constructor(
    readonly id: number,
    private readonly send: (channel: number, bytes: Uint8Array) => Promise<void>,
  ) {
    super({ allowHalfOpen: true });
    this.on('error', () => undefined);
  }

  /** Resolves when more may come. */
  async receive(data: Uint8Array): Promise<void> {
    if (this.destroyed || data.length === 0 || this.push(data)) return;
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
      this.once('close', resolve);
    });
  }

  override _read(): void {
    this.#wake?.();
    this.#wake = undefined;
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    void this.send(this.id, chunk).then(done);
  }
}
