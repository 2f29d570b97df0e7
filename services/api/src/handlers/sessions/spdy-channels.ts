import type { Duplex } from 'node:stream';
import { drained, type ChannelChunk } from '@shiplog/bus';
import { CHANNELS, type KubeStatus } from '@shiplog/contracts';
import { SpdyConnection, type SpdyStream } from '@shiplog/spdy';
import type { SessionOptions } from '../../rest/session-options';
import { statusText, type ClientChannels } from './client-channels';
import type { SpdyVersion } from './domain/protocols';
import { Lines } from './domain/lines';

/** How long a client may take to open its streams, in milliseconds; as long as Kubernetes waits. */
const OPEN_MS = 30_000;
/** A client opens these, once each, and no others. */
const MOST_STREAMS = 8;

type ChannelName = keyof typeof CHANNELS;

/** The channels of a session as streams of a SPDY connection, one each. */
export class SpdyChannels implements ClientChannels {
  readonly #connection: SpdyConnection;
  readonly #streams = new Map<ChannelName, SpdyStream>();
  readonly #wanted: ReadonlySet<ChannelName>;
  #complete!: () => void;
  /** Resolves when the client has opened all streams that it asked for; rejects when it does not. */
  readonly opened: Promise<void>;

  constructor(
    socket: Duplex,
    options: SessionOptions,
    private readonly version: SpdyVersion,
  ) {
    this.#wanted = wanted(options, version);
    this.#connection = new SpdyConnection(socket, {
      server: true,
      limits: { streams: MOST_STREAMS },
      onStream: (stream) => this.#take(stream),
    });
    this.opened = new Promise((resolve, reject) => {
      this.#complete = resolve;
      const late = setTimeout(() => reject(new Error('timed out waiting for client to create streams')), OPEN_MS);
      void this.#connection.closed.then(() => reject(new Error('the client left')));
      void this.#connection.closed.then(() => clearTimeout(late));
      this.#complete = () => {
        clearTimeout(late);
        resolve();
      };
    });
    this.opened.catch(() => undefined);
  }

  get chunks(): AsyncIterable<ChannelChunk> {
    return this.#chunks();
  }

  async write(channel: number, data: Uint8Array): Promise<void> {
    const stream = this.#streams.get(nameOf(channel));
    if (stream === undefined || !stream.writable) return;
    if (data.length === 0) stream.end();
    else if (!stream.write(data)) await drained(stream);
  }

  async end(status: KubeStatus): Promise<void> {
    const text = statusText(status, this.version === 'v4.channel.k8s.io');
    if (text.length > 0) await this.write(CHANNELS.error, text);
    await Promise.all([...this.#streams.values()].map(ended));
    this.#connection.close();
  }

  destroy(): void {
    this.#connection.destroy();
  }

  #take(stream: SpdyStream): void {
    const name = stream.headers['streamtype'] as ChannelName;
    if (!this.#wanted.has(name) || this.#streams.has(name)) return void stream.destroy();
    this.#streams.set(name, stream);
    stream.reply();
    if (this.#streams.size === this.#wanted.size) this.#complete();
  }

  /** What comes on stdin, and sizes of the terminal; until the client has left. */
  async *#chunks(): AsyncGenerator<ChannelChunk> {
    const waiting = new Map<ChannelName, AsyncIterator<ChannelChunk>>();
    for (const name of ['stdin', 'resize'] as const) {
      const stream = this.#streams.get(name);
      if (stream !== undefined) waiting.set(name, chunksOf(name, stream));
    }
    const next = new Map([...waiting].map(([name, chunks]) => [name, step(name, chunks)]));
    const gone = this.#connection.closed.then(() => undefined);
    for (;;) {
      const found = await Promise.race([...next.values(), gone]);
      if (found === undefined) return;
      const { name, chunks, result } = found;
      if (result.done === true) next.delete(name);
      else {
        next.set(name, step(name, chunks));
        yield result.value;
      }
    }
  }
}

interface Step {
  readonly name: ChannelName;
  readonly chunks: AsyncIterator<ChannelChunk>;
  readonly result: IteratorResult<ChannelChunk>;
}

async function step(name: ChannelName, chunks: AsyncIterator<ChannelChunk>): Promise<Step> {
  return { name, chunks, result: await chunks.next() };
}

/** Kubernetes' clients write each size of a terminal as a line. */
async function* chunksOf(name: 'stdin' | 'resize', stream: SpdyStream): AsyncGenerator<ChannelChunk> {
  const channel = CHANNELS[name];
  const lines = new Lines();
  try {
    for await (const data of stream.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      if (name === 'stdin') yield { channel, data };
      else for (const line of lines.add(data)) yield { channel, data: line };
    }
  } catch {
    // Reset, or cut off: as if it had ended.
  }
  if (name === 'stdin') yield { channel, data: new Uint8Array() };
}

function wanted({ stdin, stdout, stderr, tty }: SessionOptions, version: SpdyVersion): ReadonlySet<ChannelName> {
  const resizes = tty && version !== 'v2.channel.k8s.io' && version !== 'channel.k8s.io';
  return new Set<ChannelName>([
    'error',
    ...(stdin ? (['stdin'] as const) : []),
    ...(stdout ? (['stdout'] as const) : []),
    ...(stderr ? (['stderr'] as const) : []),
    ...(resizes ? (['resize'] as const) : []),
  ]);
}

const NAMES = Object.keys(CHANNELS) as ChannelName[];

function nameOf(channel: number): ChannelName {
  return NAMES[channel] ?? 'error';
}

/** Resolves when the half of a stream that is written here has ended, and was sent. */
function ended(stream: SpdyStream): Promise<void> {
  if (stream.writableFinished || stream.destroyed) return Promise.resolve();
  return new Promise((resolve) => {
    stream.once('close', resolve);
    stream.end(resolve);
  });
}
