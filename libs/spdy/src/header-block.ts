import { createInflate, type Inflate } from 'node:zlib';
import { DICTIONARY } from './dictionary';
import { SpdyError } from './limits';

/** Names in lower case. Several values of a name are one text, with commas between. */
export type SpdyHeaders = Readonly<Record<string, string>>;

/** Bytes of a deflate block that is stored as it is, at most (RFC 1951, 3.2.4). */
const STORED = 65_535;

/** Header blocks at most have this many headers. */
const MOST_HEADERS = 200;

/**
 * Writes header blocks (SPDY/3.1, 2.6.10) of one direction of a connection. They are one zlib stream; few are written, and all
 * are small, so it stores them as they are, which each reader of zlib takes.
 */
export class HeaderWriter {
  #begun = false;

  write(headers: SpdyHeaders): Buffer {
    const entries = Object.entries(headers);
    const block = Buffer.concat([
      word(entries.length),
      ...entries.flatMap(([name, value]) => [text(name), text(value)]),
    ]);
    const parts: Buffer[] = this.#begun ? [] : [ZLIB_HEAD];
    this.#begun = true;
    for (let from = 0; from < block.length; from += STORED) parts.push(stored(block.subarray(from, from + STORED)));
    // What flushes a stream: Go's reader hands a block on only then.
    return Buffer.concat([...parts, stored(Buffer.alloc(0))]);
  }
}

const ZLIB_HEAD = Buffer.from([0x78, 0x01]);

function stored(bytes: Buffer): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt16LE(bytes.length, 1);
  head.writeUInt16LE(~bytes.length & 0xffff, 3);
  return Buffer.concat([head, bytes]);
}

function word(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value, 'latin1');
  return Buffer.concat([word(bytes.length), bytes]);
}

/** Reads the header blocks of one direction of a connection, one at a time and in their order. */
export class HeaderReader {
  #inflate: Inflate | undefined;
  #failure: Error | undefined;
  #parts: Buffer[] = [];
  #size = 0;

  /** @param most bytes of a block when it is inflated */
  constructor(private readonly most: number) {}

  /** Throws SpdyError for what can't be inflated, is too much, or is no header block. Nothing can be read after that. */
  async read(block: Buffer): Promise<SpdyHeaders> {
    const inflate = (this.#inflate ??= this.#begin());
    this.#parts = [];
    this.#size = 0;
    await new Promise<void>((resolve) => {
      // Written after an error, or destroyed, it may never call back.
      if (this.#failure !== undefined || inflate.destroyed) return resolve();
      inflate.once('close', resolve);
      inflate.write(block, () => {
        inflate.off('close', resolve);
        resolve();
      });
    });
    if (this.#failure !== undefined) throw this.#failure;
    if (inflate.destroyed) throw new SpdyError('the connection is over');
    return parse(Buffer.concat(this.#parts));
  }

  close(): void {
    this.#inflate?.destroy();
  }

  #begin(): Inflate {
    const inflate = createInflate({ dictionary: DICTIONARY });
    inflate.on(
      'error',
      (error) => (this.#failure ??= new SpdyError(`a header block that zlib can't read: ${error.message}`)),
    );
    inflate.on('end', () => {
      this.#failure ??= new SpdyError('the headers end before the connection');
      inflate.destroy();
    });
    inflate.on('data', (part: Buffer) => {
      this.#size += part.length;
      if (this.#size <= this.most) return void this.#parts.push(part);
      this.#failure ??= new SpdyError(`a header block of more than ${this.most} bytes`);
      inflate.destroy();
    });
    return inflate;
  }
}

function parse(block: Buffer): SpdyHeaders {
  let at = 0;
  const number = (): number => {
    if (at + 4 > block.length) throw new SpdyError('a header block ends early');
    at += 4;
    return block.readUInt32BE(at - 4);
  };
  const string = (): string => {
    const length = number();
    if (length > block.length - at) throw new SpdyError('a header block ends early');
    at += length;
    return block.toString('latin1', at - length, at);
  };
  const count = number();
  if (count > MOST_HEADERS) throw new SpdyError(`${count} headers`);
  const headers = new Map<string, string>();
  for (let index = 0; index < count; index++) headers.set(string().toLowerCase(), string().replaceAll('\0', ','));
  return Object.fromEntries(headers);
}
