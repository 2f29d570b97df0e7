import { addressOf, subjects } from '@shiplog/contracts';
import type { Msg, NatsConnection, Subscription } from 'nats';
import { watchOf, type ConnectionWatch } from './connection-watch';
import { StreamBroken, type StreamLoss } from './errors';
import { fromBytes } from './json';
import { listen } from './listen';
import { chunkHeaders, isControl, newStreamId, ONE_WAY, type ChunkKind, type StreamEnd } from './stream-wire';

/** Room for a chunk's headers below the server's max_payload. */
const HEADER_ROOM = 1_024;
const NOTHING = new Uint8Array();

/** What the handler of a streamed message writes to. */
export interface StreamSink {
  /** Resolves once the client keeps up; rejects with StreamBroken when it went away. Large chunks are split. */
  write(chunk: Uint8Array): Promise<void>;
  /** Aborts, with a StreamBroken as its reason, when the client cancels, goes away or silent, or the connection is lost. */
  readonly signal: AbortSignal;
}

/** The writer's end of one stream. */
export class Sink implements StreamSink {
  readonly #abort = new AbortController();
  readonly #connection: NatsConnection;
  readonly #watch: ConnectionWatch;
  readonly #control: string;
  readonly #subscription: Subscription;
  readonly #looks: NodeJS.Timeout;
  readonly #unwatch: () => void;
  readonly #chunkBytes: number;
  #sent = 0;
  #finished = false;
  #acknowledged = 0;
  /** Looks since the reader was last heard. */
  #silent = 0;
  #waiting: (() => void)[] = [];

  constructor(
    { connection, identity, onError }: StreamEnd,
    private readonly to: string,
    /** The control subject's id: with a stream of its own the other way, both have it. */
    id = newStreamId(),
    private readonly pace = ONE_WAY,
  ) {
    this.#connection = connection;
    this.#watch = watchOf(connection, onError);
    this.#chunkBytes = Math.max(1, Math.min(pace.chunkBytes, (connection.info?.max_payload ?? Infinity) - HEADER_ROOM));
    this.#control = subjects.streamControl(addressOf(identity), id);
    const onNobody = (): void => this.#stop('reader', 'nobody reads it any more');
    this.#subscription = listen(connection, this.#control, { onError, onNobody }, (message) => this.#hear(message));
    this.#unwatch = this.#watch.on('lost', () => this.#lose());
    this.#looks = setInterval(() => this.#look(), pace.lookMs);
    this.#looks.unref();
    if (!this.#watch.isUp) this.#lose();
    // The reader learns at once where its writer is.
    this.#publish('ping', NOTHING);
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  async write(chunk: Uint8Array): Promise<void> {
    for (let from = 0; from < chunk.length; from += this.#chunkBytes) {
      await this.#room();
      this.#publishData(chunk.subarray(from, from + this.#chunkBytes));
    }
  }

  /** Writes to one of several channels: each chunk begins with its number. An empty one is sent as such. */
  async writeTo(channel: number, data: Uint8Array): Promise<void> {
    const size = this.#chunkBytes - 1;
    for (let from = 0; from === 0 || from < data.length; from += size) {
      const part = data.subarray(from, from + size);
      const chunk = Buffer.allocUnsafe(part.length + 1);
      chunk[0] = channel;
      chunk.set(part, 1);
      await this.#room();
      this.#publishData(chunk);
    }
  }

  /** Says, before the first chunk, that the stream is taken. */
  open(): void {
    this.#publish('open', NOTHING);
  }

  /** The last word, unless the stream is over already. In this order: once nobody listens here, NATS tells the reader so. */
  finish(kind: 'end' | 'error', payload: Uint8Array): void {
    if (this.#finished) return;
    this.#publish(kind, payload);
    this.#finished = true;
    this.#leave();
    this.#wake();
  }

  /** Ends it, and tells the reader why as soon as that can be told. */
  break(lost: StreamLoss, reason: string): void {
    if (this.signal.aborted || this.#finished) return;
    this.#stop(lost, reason);
    this.#watch.whenUp(() => this.#send('broken', Buffer.from(reason)));
  }

  /** Resolves once a chunk may be sent; rejects with what ended the stream. */
  async #room(): Promise<void> {
    while (this.#sent - this.#acknowledged >= this.pace.window && !this.signal.aborted && !this.#finished) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    this.signal.throwIfAborted();
    if (this.#finished) throw new Error('the stream was ended here');
  }

  #publishData(chunk: Uint8Array): void {
    this.#sent++;
    this.#publish('data', chunk);
  }

  #hear(message: Msg): void {
    const control = fromBytes<unknown>(message.data);
    if (!isControl(control)) throw new Error(`no control of a stream: ${message.string().slice(0, 100)}`);
    if ('cancel' in control) return this.#stop('reader', 'its reader has left');
    this.#silent = 0;
    this.#acknowledged = Math.max(this.#acknowledged, Math.min(control.received, this.#sent));
    this.#wake();
  }

  #look(): void {
    const { silentLooks, lookMs } = this.pace;
    if (this.#silent++ < silentLooks) return this.#publish('ping', NOTHING);
    this.break('reader', `its reader said nothing for ${(silentLooks * lookMs) / 1_000} s`);
  }

  #lose(): void {
    this.break('connection', 'the connection of its writer was lost');
  }

  #stop(lost: StreamLoss, reason: string): void {
    if (this.signal.aborted) return;
    this.#leave();
    this.#abort.abort(new StreamBroken(this.to, lost, reason));
    this.#wake();
  }

  #leave(): void {
    clearInterval(this.#looks);
    this.#unwatch();
    this.#subscription.unsubscribe();
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  #publish(kind: ChunkKind, payload: Uint8Array): void {
    if (!this.signal.aborted) this.#send(kind, payload);
  }

  /** A connection that is being closed takes nothing any more. */
  #send(kind: ChunkKind, payload: Uint8Array): void {
    try {
      if (this.#connection.isClosed()) return;
      const headers = chunkHeaders(kind, this.#sent);
      this.#connection.publish(this.to, payload, { reply: this.#control, headers });
    } catch (error) {
      this.#stop('connection', error instanceof Error ? error.message : String(error));
    }
  }
}
