import { ROOT, statusOfError } from '@shiplog/contracts';
import { StreamBroken } from './errors';
import { toBytes } from './json';
import type { BusMessage } from './message';
import { Sink } from './stream-sink';
import { Source } from './stream-source';
import { BOTH_WAYS, newStreamId, type StreamEnd } from './stream-wire';

/** Bytes on one of a stream's channels. None at all: the other side writes no more to this channel. */
export interface ChannelChunk {
  readonly channel: number;
  readonly data: Uint8Array;
}

/**
 * One side of a stream of bytes both ways, on several channels at once (one byte says which). Each side writes only what
 * the other has room for. `write` with no bytes ends a channel; `end` ends all that this side writes, and the other side may
 * go on.
 */
export interface DuplexStream {
  /** What comes from the other side, until it ends its writing. Throws StatusError or StreamBroken: what ended the stream. */
  readonly chunks: AsyncIterable<ChannelChunk>;
  /** Resolves once the other side keeps up; rejects with what ended the stream. Large data are sent in pieces. */
  write(channel: number, data: Uint8Array): Promise<void>;
  /** Nothing more is written from here. */
  end(): void;
  /** Ends both ways. The other side hears the reason, where there is one. */
  close(reason?: Error): void;
  /** Aborts when the stream is over other than by its ends: closed here, or the other side or a connection is gone. */
  readonly signal: AbortSignal;
  /** Resolves when the other side takes nothing more: what is written then is dropped. What came from it can still be read. */
  readonly left: Promise<void>;
}

/** What answers a request for one has, beside: it says when the request is granted. */
export interface AcceptableStream extends DuplexStream {
  /** The side that asked waits for it; an error thrown before is its answer. */
  accept(): void;
}

/** A stream each way, which live and die together. */
class Duplex implements AcceptableStream {
  readonly #abort = new AbortController();
  readonly left: Promise<void>;
  #leave!: () => void;

  constructor(
    private readonly source: Source,
    private readonly sink: Sink,
    private readonly side: 'asks' | 'answers',
  ) {
    void source.over.then((error) => {
      if (error !== undefined) this.#fail(error);
    });
    this.left = new Promise((resolve) => (this.#leave = resolve));
    sink.signal.addEventListener('abort', () => this.#lose(), { once: true });
    if (sink.signal.aborted) this.#lose();
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  get chunks(): AsyncIterable<ChannelChunk> {
    return channelChunks(this.source);
  }

  accept(): void {
    this.sink.open();
  }

  async write(channel: number, data: Uint8Array): Promise<void> {
    try {
      await this.sink.writeTo(channel, data);
    } catch (error) {
      if (!this.#wasLeft) throw error;
    }
  }

  end(): void {
    this.sink.finish('end', new Uint8Array());
  }

  close(reason?: Error): void {
    if (reason === undefined) this.end();
    else this.sink.finish('error', toBytes(statusOfError(reason)));
    this.source.leave();
    this.#abort.abort(reason ?? new Error('the stream was closed here'));
  }

  /** Whether who answers has ended, and then gone, as it should be. Who asked and goes, wants nothing more done. */
  get #wasLeft(): boolean {
    return this.side === 'asks' && this.sink.signal.aborted && this.source.hasEnded && !this.signal.aborted;
  }

  #lose(): void {
    this.#leave();
    if (!this.#wasLeft) this.#fail(this.sink.signal.reason as Error);
  }

  #fail(error: Error): void {
    if (this.signal.aborted) return;
    this.#abort.abort(error);
    this.source.break(error);
    const lost = error instanceof StreamBroken ? error.lost : 'writer';
    this.sink.break(lost, error.message);
  }
}

async function* channelChunks(source: Source): AsyncGenerator<ChannelChunk> {
  for (let chunk = await source.next(); chunk !== undefined; chunk = await source.next()) {
    const [channel] = chunk;
    // A chunk without a channel is of none.
    if (channel !== undefined) yield { channel, data: chunk.subarray(1) };
  }
}

/**
 * Asks for a stream both ways; resolves once it is granted. Throws StatusError when it is refused, BusUnavailable when nobody
 * answers. An abort of `signal` closes it, whenever that is.
 */
export async function openDuplex(
  end: StreamEnd,
  subject: string,
  request: unknown,
  { signal }: { readonly signal?: AbortSignal } = {},
): Promise<DuplexStream> {
  signal?.throwIfAborted();
  const source = new Source(end, { subject, request: toBytes(request), pace: BOTH_WAYS });
  const leave = (): void => source.break(signal?.reason as Error);
  signal?.addEventListener('abort', leave, { once: true });
  try {
    const sink = new Sink(end, wayBack(await source.reached), newStreamId(), BOTH_WAYS);
    const duplex = new Duplex(source, sink, 'asks');
    await source.opened;
    return duplex;
  } catch (error) {
    source.leave();
    throw error;
  } finally {
    void source.over.then(() => signal?.removeEventListener('abort', leave));
  }
}

/** Grants one request for a stream both ways, or not. An error thrown by the handler reaches the other side as a Status. */
export async function answerWithDuplex(
  end: StreamEnd,
  message: BusMessage,
  handler: (stream: AcceptableStream) => Promise<void>,
): Promise<void> {
  const { reply, subject } = message;
  if (reply === undefined) return;
  const id = newStreamId();
  const source = new Source(end, { subject, id, pace: BOTH_WAYS });
  const duplex = new Duplex(source, new Sink(end, reply, id, BOTH_WAYS), 'answers');
  try {
    await handler(duplex);
    duplex.close();
  } catch (error) {
    duplex.close(error instanceof Error ? error : new Error(String(error)));
  }
}

const CONTROL = `${ROOT}.stream.ctl.`;

/** Who answers listens, for what is written to it, at the subject that has the id of its control subject. */
function wayBack(control: string): string {
  if (!control.startsWith(CONTROL)) throw new Error('a stream without its control subject');
  return `${ROOT}.stream.to.${control.slice(CONTROL.length)}`;
}
