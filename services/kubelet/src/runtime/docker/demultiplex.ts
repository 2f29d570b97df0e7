/** Bytes before each frame of a container's output: stream number, three zeros, length (big endian). */
const HEADER = 8;
const LENGTH_AT = 4;

/**
 * Takes the engine's frames apart: yields the bytes of both outputs in their order. A container with a terminal has no
 * frames; don't call it then. An engine makes a frame of every line: those that came together go on together.
 */
export async function* demultiplex(source: AsyncIterable<Buffer>): AsyncIterable<Buffer> {
  const frames = new Frames();
  for await (const chunk of source) {
    const output = frames.outputOf(chunk);
    if (output.length > 0) yield output;
  }
}

/** Where a stream of frames stands between two chunks, which may part anywhere. */
class Frames {
  readonly #header = Buffer.alloc(HEADER);
  /** Bytes that are there of the next frame's header. */
  #known = 0;
  /** Bytes that are to come of the present frame. */
  #missing = 0;

  /** What a chunk holds beside headers. */
  outputOf(chunk: Buffer): Buffer {
    const output = Buffer.allocUnsafe(chunk.length);
    let size = 0;
    for (let at = 0; at < chunk.length;) {
      if (this.#missing === 0) {
        at += this.#readHeader(chunk, at);
        continue;
      }
      const copied = chunk.copy(output, size, at, at + this.#missing);
      this.#missing -= copied;
      size += copied;
      at += copied;
    }
    return output.subarray(0, size);
  }

  /** Reads as much of a header as there is; answers how many bytes that was. */
  #readHeader(chunk: Buffer, at: number): number {
    const read = chunk.copy(this.#header, this.#known, at, at + HEADER - this.#known);
    this.#known += read;
    if (this.#known === HEADER) {
      this.#missing = this.#header.readUInt32BE(LENGTH_AT);
      this.#known = 0;
    }
    return read;
  }
}
