import { Duplex } from 'node:stream';
import type { DuplexStream } from './duplex';

const NONE = new Uint8Array();

/** A stream both ways as a connection of Node, for what speaks over one. Its end, or destruction, ends the stream. */
export function connectionOver(stream: DuplexStream): Duplex {
  return new Connection(stream);
}

class Connection extends Duplex {
  #reading = false;
  readonly #chunks: AsyncIterator<{ channel: number; data: Uint8Array }>;

  constructor(private readonly stream: DuplexStream) {
    super({ allowHalfOpen: true });
    this.#chunks = stream.chunks[Symbol.asyncIterator]();
    stream.signal.addEventListener('abort', () => this.destroy(stream.signal.reason as Error), { once: true });
  }

  override _read(): void {
    if (this.#reading) return;
    this.#reading = true;
    this.#pull().catch((error: unknown) => this.destroy(error as Error));
  }

  override _write(data: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.stream.write(0, data).then(() => done(), done);
  }

  override _final(done: (error?: Error | null) => void): void {
    this.stream.write(0, NONE).then(() => done(), done);
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.stream.close();
    done(error);
  }

  /** Takes chunks until there are enough for now. */
  async #pull(): Promise<void> {
    for (;;) {
      const { done, value } = await this.#chunks.next();
      if (done === true || value.data.length === 0) return void this.push(null);
      if (this.push(value.data)) continue;
      this.#reading = false;
      return;
    }
  }
}
