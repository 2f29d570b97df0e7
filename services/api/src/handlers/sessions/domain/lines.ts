/** A line at most, in bytes; what is longer is dropped. */
const LONGEST = 1_024;
const LINE_FEED = 0x0a;

/** Lines of a stream of bytes, which may part anywhere. */
export class Lines {
  #rest = Buffer.alloc(0);

  /** The lines that end with the next bytes. */
  add(chunk: Uint8Array): Buffer[] {
    const lines: Buffer[] = [];
    let rest = Buffer.concat([this.#rest, chunk]);
    for (let end = rest.indexOf(LINE_FEED); end >= 0; end = rest.indexOf(LINE_FEED)) {
      if (end > 0 && end <= LONGEST) lines.push(rest.subarray(0, end));
      rest = rest.subarray(end + 1);
    }
    this.#rest = rest.length > LONGEST ? Buffer.alloc(0) : Buffer.from(rest);
    return lines;
  }
}
