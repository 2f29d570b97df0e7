import { Duplex } from 'node:stream';
import type { SpdyHeaders } from './header-block';

/** What a stream asks of its connection. */
export interface StreamPort {
  data(stream: SpdyStream, data: Buffer, fin: boolean, done: (error?: Error | null) => void): void;
  reply(stream: SpdyStream, headers: SpdyHeaders): void;
  reset(stream: SpdyStream): void;
  /** Its reader has taken what there was. */
  wants(stream: SpdyStream): void;
}

/**
 * One stream of a connection, as a stream of Node: its end is half of it, `destroy` resets it. What comes before it is read
 * waits, and the other side is held back when it is much.
 */
export class SpdyStream extends Duplex {
  readonly #port: StreamPort;
  #replied = false;
  /** The other side ends its half. */
  #ended = false;
  #abandoned: Error | undefined;

  constructor(
    port: StreamPort,
    readonly id: number,
    /** With which it was opened. */
    readonly headers: SpdyHeaders,
  ) {
    super({ allowHalfOpen: true, emitClose: true });
    this.#port = port;
    // Whoever uses it hears of it too; nobody need.
    this.on('error', () => undefined);
  }

  /** Takes a stream that the other side opened: some drop what comes on it before. */
  reply(headers: SpdyHeaders = {}): void {
    if (this.#replied || this.destroyed) return;
    this.#replied = true;
    this.#port.reply(this, headers);
  }

  /** What came for it; false when its reader is behind. After its end nothing comes. */
  receive(data: Buffer, fin: boolean): boolean {
    if (this.#ended || this.destroyed) return true;
    const keepsUp = data.length === 0 || this.push(data);
    if (fin) {
      this.#ended = true;
      this.push(null);
    }
    return keepsUp;
  }

  /** The other side is done with it, or gone: what came before can still be read, what is written is dropped. */
  abandoned(reason: Error): void {
    if (this.destroyed) return;
    this.#replied = true;
    if (this.readableLength === 0) return void this.destroy(reason);
    this.#abandoned = reason;
    this.once('end', () => this.destroy(reason));
    this.receive(NOTHING, true);
  }

  override _read(): void {
    this.#port.wants(this);
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    if (this.#abandoned !== undefined) return done();
    this.#port.data(this, chunk, false, done);
  }

  override _final(done: (error?: Error | null) => void): void {
    if (this.#abandoned !== undefined) return done();
    this.#port.data(this, NOTHING, true, done);
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    const isOver = this.#abandoned !== undefined || (this.readableEnded && this.writableFinished);
    if (!isOver) this.#port.reset(this);
    done(error);
  }
}

const NOTHING = Buffer.alloc(0);
