import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import {
  AWAY,
  controlFrame,
  dataHead,
  FLAG_FIN,
  FLAG_UNIDIRECTIONAL,
  FrameReader,
  RESET,
  streamOf,
  TYPE,
  wordAt,
  words,
  type Frame,
} from './frames';
import { HeaderReader, HeaderWriter, type SpdyHeaders } from './header-block';
import { DEFAULT_LIMITS, SpdyError, type SpdyLimits } from './limits';
import { SpdyStream, type StreamPort } from './stream';

/** Bytes of data in a frame at most: what others send meanwhile comes in between. */
const FRAME = 32 * 1024;
const NOTHING = Buffer.alloc(0);
/** What may wait to be sent before what comes is no longer answered, in bytes: nobody reads the answers. */
const UNSENT = 1024 * 1024;

export interface SpdyOptions {
  /** Whether the other side is the one that connected. */
  readonly server: boolean;
  readonly limits?: Partial<SpdyLimits>;
  /** Called with each stream that the other side opens; who takes it, replies. */
  readonly onStream?: (stream: SpdyStream) => void;
}

/**
 * A connection that speaks SPDY/3.1, as moby/spdystream does, the library of Kubernetes' clients: priorities, settings and
 * windows are heard and do not matter (that library never opens a window again), so what holds a writer back is the connection
 * alone. It is held back when much has come that nobody takes. Whatever comes, nothing is thrown: `closed` tells.
 */
export class SpdyConnection {
  readonly #streams = new Map<number, SpdyStream>();
  /** Those whose reader is behind. */
  readonly #full = new Set<SpdyStream>();
  readonly #headers: HeaderReader;
  readonly #writer = new HeaderWriter();
  readonly #limits: SpdyLimits;
  readonly #port: StreamPort = {
    data: (stream, data, fin, done) => this.#send(stream, data, fin, done),
    reply: (stream, headers) => this.#reply(stream, headers),
    reset: (stream) => this.#reset(stream),
    wants: (stream) => this.#wants(stream),
  };
  #lastOpened = 0;
  #nextOwn: number;
  #pings = 0;
  readonly #pinging = new Map<number, () => void>();
  #wake: (() => void) | undefined;
  #draining: Promise<void> | undefined;
  #over = false;
  /** Resolves when the connection is over: with what was wrong, if anything was. */
  readonly closed: Promise<Error | undefined>;

  constructor(
    private readonly socket: Duplex,
    private readonly options: SpdyOptions,
  ) {
    this.#limits = { ...DEFAULT_LIMITS, ...options.limits };
    this.#headers = new HeaderReader(this.#limits.headers);
    this.#nextOwn = options.server ? 2 : 1;
    socket.on('error', () => undefined);
    this.closed = this.#run();
  }

  /** The streams that are open. */
  get streams(): readonly SpdyStream[] {
    return [...this.#streams.values()];
  }

  /** Opens a stream. */
  open(headers: SpdyHeaders): SpdyStream {
    const stream = this.#add(this.#nextOwn, headers);
    this.#nextOwn += 2;
    const head = Buffer.concat([words(stream.id, 0), Buffer.alloc(2), this.#writer.write(headers)]);
    this.#control(TYPE.synStream, 0, head);
    return stream;
  }

  /** Asks whether the other side is there; resolves when it answers, or never. */
  ping(): Promise<void> {
    // The parity tells whose a ping is.
    const id = this.#pings++ * 2 + (this.options.server ? 2 : 1);
    return new Promise((resolve) => {
      this.#pinging.set(id, resolve);
      this.#control(TYPE.ping, 0, words(id));
    });
  }

  /** Ends the connection once what was written is sent. */
  close(): void {
    if (this.#over) return;
    this.#control(TYPE.goAway, 0, words(this.#lastOpened, AWAY.ok));
    this.socket.end();
  }

  /** Ends it at once. */
  destroy(): void {
    this.socket.destroy();
    this.#wake?.();
  }

  async #run(): Promise<Error | undefined> {
    let failure: Error | undefined;
    try {
      await this.#read();
    } catch (error) {
      failure = error instanceof Error ? error : new Error(String(error));
      if (failure instanceof SpdyError) this.#control(TYPE.goAway, 0, words(this.#lastOpened, AWAY.protocolError));
    }
    this.#over = true;
    this.#headers.close();
    for (const stream of this.#streams.values()) {
      if (failure === undefined) stream.abandoned(new Error('the connection is closed'));
      else stream.destroy(failure);
    }
    this.#streams.clear();
    if (failure === undefined) this.socket.end();
    else this.socket.destroy();
    return failure;
  }

  async #read(): Promise<void> {
    const reader = new FrameReader(this.#limits.controlFrame);
    const chunks = this.socket.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>;
    for await (const chunk of chunks) {
      for (const frame of reader.read(chunk)) {
        if (frame.kind === 'data') this.#data(frame);
        else await this.#hear(frame);
        await this.#room();
      }
    }
  }

  /** Resolves once more may be read. */
  async #room(): Promise<void> {
    while (!this.socket.destroyed && this.#unread() > this.#limits.unread) {
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  /** Resolves when more may be sent, or nothing ever will: for all who wait at once. */
  #drained(): Promise<void> {
    const over = new AbortController();
    this.#draining ??= Promise.race([once(this.socket, 'drain', over), once(this.socket, 'close', over)])
      .catch(() => undefined)
      .then(() => {
        over.abort();
        this.#draining = undefined;
      });
    return this.#draining;
  }

  #unread(): number {
    let bytes = 0;
    for (const stream of this.#full) bytes += stream.readableLength;
    return bytes;
  }

  #data({ stream: id, data, fin }: Extract<Frame, { kind: 'data' }>): void {
    const stream = this.#streams.get(id);
    // Of a stream that was reset here: the other side may not know it yet.
    if (stream?.receive(data, fin) === false) this.#full.add(stream);
  }

  async #hear({ type, flags, payload }: Extract<Frame, { kind: 'control' }>): Promise<void> {
    switch (type) {
      case TYPE.synStream:
        return this.#opened(payload, flags, await this.#headers.read(payload.subarray(10)));
      case TYPE.synReply:
      case TYPE.headers:
        await this.#headers.read(payload.subarray(4));
        if ((flags & FLAG_FIN) !== 0) this.#streams.get(streamOf(payload))?.receive(NOTHING, true);
        return;
      case TYPE.rstStream:
        return this.#wasReset(streamOf(payload), wordAt(payload, 1));
      case TYPE.ping:
        return this.#pinged(wordAt(payload, 0));
      default:
        // Settings, windows and what is not known: as that library has it. One that goes away ends its streams, then closes.
        return;
    }
  }

  #opened(payload: Buffer, flags: number, headers: SpdyHeaders): void {
    const id = streamOf(payload);
    const isOthers = id % 2 === (this.options.server ? 1 : 0);
    if (!isOthers || id <= this.#lastOpened) throw new SpdyError(`a stream with the number ${id}`);
    this.#lastOpened = id;
    const { onStream } = this.options;
    if (onStream === undefined || this.#streams.size >= this.#limits.streams) {
      return this.#answer(TYPE.rstStream, words(id, RESET.refusedStream));
    }
    const stream = this.#add(id, headers);
    if ((flags & FLAG_FIN) !== 0) stream.receive(NOTHING, true);
    if ((flags & FLAG_UNIDIRECTIONAL) !== 0) stream.end();
    onStream(stream);
  }

  #add(id: number, headers: SpdyHeaders): SpdyStream {
    const stream = new SpdyStream(this.#port, id, headers);
    this.#streams.set(id, stream);
    stream.once('close', () => this.#forget(stream));
    return stream;
  }

  #wasReset(id: number, status: number): void {
    const stream = this.#streams.get(id);
    if (stream === undefined) return;
    const reason = new Error(`the stream was reset (${status})`);
    // What of it is not read yet counts until it is.
    if (stream.readableLength > 0) return stream.abandoned(reason);
    this.#forget(stream);
    stream.destroy(reason);
  }

  #pinged(id: number): void {
    const isOwn = id % 2 === (this.options.server ? 0 : 1);
    if (!isOwn) return this.#answer(TYPE.ping, words(id));
    this.#pinging.get(id)?.();
    this.#pinging.delete(id);
  }

  #wants(stream: SpdyStream): void {
    if (!this.#full.delete(stream)) return;
    this.#wake?.();
  }

  #forget(stream: SpdyStream): void {
    this.#streams.delete(stream.id);
    this.#wants(stream);
  }

  #reply(stream: SpdyStream, headers: SpdyHeaders): void {
    this.#control(TYPE.synReply, 0, Buffer.concat([words(stream.id), this.#writer.write(headers)]));
  }

  #reset(stream: SpdyStream): void {
    if (this.#streams.get(stream.id) === stream) this.#control(TYPE.rstStream, 0, words(stream.id, RESET.cancel));
    this.#forget(stream);
  }

  /** Large data go in several frames; the writer waits for the connection. */
  #send(stream: SpdyStream, data: Buffer, fin: boolean, done: (error?: Error | null) => void): void {
    if (this.#over || !this.socket.writable) return done(new Error('the connection is closed'));
    let from = 0;
    this.socket.cork();
    do {
      const part = data.subarray(from, from + FRAME);
      from += part.length;
      this.socket.write(dataHead(stream.id, part.length, fin && from >= data.length));
      if (part.length > 0) this.socket.write(part);
    } while (from < data.length);
    this.socket.uncork();
    if (!this.socket.writableNeedDrain) return done();
    void this.#drained().then(() => done());
  }

  #answer(type: number, payload: Buffer): void {
    if (this.socket.writableLength <= UNSENT) this.#control(type, 0, payload);
  }

  #control(type: number, flags: number, payload: Buffer): void {
    if (this.#over || !this.socket.writable) return;
    this.socket.write(controlFrame(type, flags, payload));
  }
}
