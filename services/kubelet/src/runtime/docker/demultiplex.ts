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
  const frames = new Frames(timestamps ? 'shown' : 'none');
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
  read(
    chunk: Buffer,
    onPart: (name: OutputName, part: Buffer, endsFrame: boolean) => void,
    onFrame: (name: OutputName) => void = nothing,
  ): void {
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
  #readHeader(chunk: Buffer, at: number, onFrame: (name: OutputName) => void): number {
    const read = chunk.copy(this.#header, this.#known, at, at + HEADER - this.#known);
    this.#known += read;
    if (this.#known === HEADER) {
      this.#missing = this.#header.readUInt32BE(LENGTH_AT);
      this.#name = this.#header[0] === STDERR ? 'stderr' : 'stdout';
      this.#known = 0;
      onFrame(this.#name);
    }
    return read;
  }
}

const nothing = (): void => undefined;

/** With the space after it, a timestamp of the engine is no longer. */
const LONGEST_TIMESTAMP = 64;

/** What the engine puts before each frame, and whether it is wanted. */
export type Timestamps = 'none' | 'shown' | 'hidden';

/** How far each output was read, by the engine's timestamps: RFC 3339 of always the same length, so texts compare as times. */
export type ReadUntil = Record<OutputName, string>;

/**
 * Both outputs in one, without timestamps that are not wanted, and without frames that were read before: an engine that goes on
 * to another file may begin it anew. What one output says has ascending times; the outputs may overtake each other.
 */
export class Frames {
  readonly #reader = new FrameReader();
  readonly #timestamp = Buffer.alloc(LONGEST_TIMESTAMP);
  #timestampSize = 0;
  /** Whether what was put out last is the end of a line. */
  #atLineStart = true;
  /** Of each output: whether what was put out last was no end of a line. */
  readonly #inLine: Record<OutputName, boolean> = { stdout: false, stderr: false };
  #part: 'timestamp' | 'wanted' | 'repeated' = 'wanted';
  /** Of each output: what comes up to where it was read is repeated. */
  readonly #isRepeating: Record<OutputName, boolean>;

  constructor(
    private readonly timestamps: Timestamps,
    private readonly until: ReadUntil = { stdout: '', stderr: '' },
  ) {
    this.#isRepeating = { stdout: until.stdout !== '', stderr: until.stderr !== '' };
  }

  /** What a chunk holds beside headers. */
  outputOf(chunk: Buffer): Buffer {
    const output = Buffer.allocUnsafe(chunk.length + LONGEST_TIMESTAMP);
    let size = 0;
    const take = (name: OutputName, part: Buffer, endsFrame: boolean): void => {
      const rest = this.#part === 'timestamp' ? this.#readTimestamp(name, part) : part;
      if (this.#timestampSize > 0 && this.#part === 'wanted') {
        if (this.timestamps === 'shown' && this.#atLineStart)
          size += this.#timestamp.copy(output, size, 0, this.#timestampSize);
        this.#timestampSize = 0;
      }
      if (this.#part !== 'wanted') return;
      size += rest.copy(output, size);
      if (endsFrame && size > 0) this.#inLine[name] = !(this.#atLineStart = output[size - 1] === LINE_FEED);
    };
    this.#reader.read(chunk, take, () => this.#begin());
    return output.subarray(0, size);
  }

  #begin(): void {
    this.#part = this.timestamps === 'none' ? 'wanted' : 'timestamp';
    this.#timestampSize = 0;
  }

  /** Returns what comes after the timestamp. */
  #readTimestamp(name: OutputName, part: Buffer): Buffer {
    const found = part.indexOf(SPACE);
    const end = found < 0 ? part.length : found + 1;
    this.#timestampSize += part.copy(this.#timestamp, this.#timestampSize, 0, end);
    if (found >= 0) this.#part = this.#isRepeated(name) ? 'repeated' : 'wanted';
    return part.subarray(end);
  }

  #isRepeated(name: OutputName): boolean {
    const timestamp = this.#timestamp.toString('latin1', 0, this.#timestampSize - 1);
    const isOld = timestamp < this.until[name];
    // Only parts of a long line have one time.
    const mayBePart = this.#inLine[name] && !this.#isRepeating[name];
    this.#isRepeating[name] = isOld || (timestamp === this.until[name] && !mayBePart);
    if (!isOld) this.until[name] = timestamp;
    return this.#isRepeating[name];
  }
}
