/** Bytes before each frame of a container's output: stream number, three zeros, length (big endian). */
const HEADER = 8;

/**
 * Takes the engine's frames apart: yields the bytes of both outputs in their order. A container with a terminal has no
 * frames; don't call it then.
 */
export async function* demultiplex(source: AsyncIterable<Buffer>): AsyncIterable<Buffer> {
  let rest: Buffer = Buffer.alloc(0);
  let missing = 0;
  for await (const chunk of source) {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    while (rest.length > 0) {
      if (missing === 0) {
        if (rest.length < HEADER) break;
        missing = rest.readUInt32BE(4);
        rest = rest.subarray(HEADER);
        continue;
      }
      const part = rest.subarray(0, missing);
      missing -= part.length;
      rest = rest.subarray(part.length);
      yield part;
    }
  }
}
