/** Bytes before each frame of a container's output: stream number, three zeros, length (big endian). */
const HEADER = 8;
const LENGTH_AT = 4;
const STDERR = 2;
const LINE_FEED = 0x0a;
const SPACE = 0x20;

/**
 * Takes the engine's frames apart: yields the bytes of both outputs in their order. A container with a terminal has no
 * frames; don't call it then. An engine makes a frame of every line: those that came together go on together. With
 * `timestamps` each frame begins with one: of a line that was too long for a frame only the first keeps it, as in Kubernetes
 * (ReadLogs in pkg/kubelet/kuberuntime/logs).
 */
export async function* demultiplex(source: AsyncIterable<Buffer>, timestamps = false): AsyncIterable<Buffer> {
  const frames = new Frames(timestamps);
  for await (const chunk of source) {
    const output = frames.outputOf(chunk);
    if (output.length > 0) yield output;
  }
}

/** One output of a container. */
export type OutputName = 'stdout' | 'stderr';

export interface OutputPart {
  readonly name: OutputName;
  readonly data: Buffer;
}

/** The same, with each output by itself: what came of one in a chunk is one part. */
export async function* separateOutputs(source: AsyncIterable<Buffer>): AsyncIterable<OutputPart> {
  const frames = new FrameReader();
  for await (const chunk of source) {
    const parts: Record<OutputName, Buffer[]> = { stdout: [], stderr: [] };
    frames.read(chunk, (name, part) => parts[name].push(part));
    for (const name of ['stdout', 'stderr'] as const) {
      const [only] = parts[name];
      if (only !== undefined) yield { name, data: parts[name].length === 1 ? only : Buffer.concat(parts[name]) };
    }
  }
}

/** Where a stream of frames stands between two chunks, which may part anywhere. */
class FrameReader {
  readonly #header = Buffer.alloc(HEADER);
  /** Bytes that are there of the next frame's header. */
  #known = 0;
  /** Bytes that are to come of the present frame. */
  #missing = 0;
  #name: OutputName = 'stdout';

  /** Hands on what a chunk holds beside headers; `onFrame` hears of each frame before its bytes. */
  read(chunk: Buffer, onPart: (name: OutputName, part: Buffer, endsFrame: boolean) => void, onFrame = nothing): void {
    for (let at = 0; at < chunk.length;) {
      if (this.#missing === 0) {
        at += this.#readHeader(chunk, at, onFrame);
        continue;
      }
      const part = chunk.subarray(at, at + this.#missing);
      at += part.length;
      this.#missing -= part.length;
      onPart(this.#name, part, this.#missing === 0);
    }
  }

  /** Reads as much of a header as there is; answers how many bytes that was. */
  #readHeader(chunk: Buffer, at: number, onFrame: () => void): number {
    const read = chunk.copy(this.#header, this.#known, at, at + HEADER - this.#known);
    this.#known += read;
    if (this.#known === HEADER) {
      this.#missing = this.#header.readUInt32BE(LENGTH_AT);
      this.#name = this.#header[0] === STDERR ? 'stderr' : 'stdout';
      this.#known = 0;
      onFrame();
    }
    return read;
  }
}

const nothing = (): void => undefined;

/** Both outputs in one, without timestamps that are not wanted. */
class Frames {
  readonly #reader = new FrameReader();
  /** Whether what was put out last is the end of a line. */
  #atLineStart = true;
  /** Whether what comes next of the present frame is a timestamp that is not wanted. */
  #inTimestamp = false;

  constructor(private readonly timestamps: boolean) {}

  /** What a chunk holds beside headers. */
  outputOf(chunk: Buffer): Buffer {
    const output = Buffer.allocUnsafe(chunk.length);
    let size = 0;
    const take = (_: OutputName, part: Buffer, endsFrame: boolean): void => {
      size += this.#wanted(part).copy(output, size);
      if (endsFrame && size > 0) this.#atLineStart = output[size - 1] === LINE_FEED;
    };
    this.#reader.read(chunk, take, () => (this.#inTimestamp = this.timestamps && !this.#atLineStart));
    return output.subarray(0, size);
  }

  #wanted(part: Buffer): Buffer {
    if (!this.#inTimestamp) return part;
    const end = part.indexOf(SPACE);
    this.#inTimestamp = end < 0;
    return end < 0 ? part.subarray(part.length) : part.subarray(end + 1);
  }
}
