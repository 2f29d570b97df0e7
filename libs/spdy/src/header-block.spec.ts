import { createDeflate, constants, type Deflate } from 'node:zlib';
import fc from 'fast-check';
import { DICTIONARY } from './dictionary';
import { HeaderReader, HeaderWriter, type SpdyHeaders } from './header-block';
import { SpdyError } from './limits';

const HEADERS = { streamtype: 'stdin', port: '8080', requestid: '1' };

/** Adler-32 (RFC 1950, 9). */
function adler32(bytes: Buffer): string {
  let [low, high] = [1, 0];
  for (const byte of bytes) {
    low = (low + byte) % 65_521;
    high = (high + low) % 65_521;
  }
  return (high * 65_536 + low).toString(16);
}

/** As other libraries write header blocks: with the dictionary, each block flushed. */
function deflated(deflate: Deflate, block: Buffer): Promise<Buffer> {
  return new Promise((resolve) => {
    const parts: Buffer[] = [];
    deflate.on('data', (part: Buffer) => parts.push(part));
    deflate.write(block);
    deflate.flush(constants.Z_SYNC_FLUSH, () => {
      deflate.removeAllListeners('data');
      resolve(Buffer.concat(parts));
    });
  });
}

function block(headers: Record<string, string>): Buffer {
  const text = (value: string): Buffer => {
    const bytes = Buffer.alloc(4 + value.length);
    bytes.writeUInt32BE(value.length);
    bytes.write(value, 4, 'latin1');
    return bytes;
  };
  const count = Buffer.alloc(4);
  count.writeUInt32BE(Object.keys(headers).length);
  return Buffer.concat([count, ...Object.entries(headers).flatMap(([name, value]) => [text(name), text(value)])]);
}

describe('header blocks', () => {
  it('know the dictionary of the specification', () => {
    expect([DICTIONARY.length, adler32(DICTIONARY)]).toEqual([1_423, 'e3c6a7c2']);
  });

  it('are read as they were written, one after the other', async () => {
    const writer = new HeaderWriter();
    const reader = new HeaderReader(200_000);
    const blocks: SpdyHeaders[] = [HEADERS, {}, { large: 'x'.repeat(100_000) }];
    for (const headers of blocks) expect(await reader.read(writer.write(headers))).toEqual(headers);
    reader.close();
  });

  it('are read as those write them who compress with the dictionary', async () => {
    const deflate = createDeflate({ dictionary: DICTIONARY });
    const reader = new HeaderReader(10_000);
    const first = await deflated(deflate, block(HEADERS));
    expect(first.subarray(2, 6).toString('hex')).toBe('e3c6a7c2');
    expect(await reader.read(first)).toEqual(HEADERS);
    expect(await reader.read(await deflated(deflate, block({ StreamType: 'a\u0000b' })))).toEqual({
      streamtype: 'a,b',
    });
    reader.close();
  });

  it.each<[string, Buffer]>([
    ['what is no zlib', Buffer.from('no zlib at all')],
    ['what expands to too much', Buffer.from('bomb')],
    ['a name that goes beyond its end', block({ name: '' }).fill(0x7f, 4, 8)],
    ['more headers than anybody sends', Buffer.from([0, 1, 0, 0])],
    ['an end within', Buffer.alloc(2)],
  ])('refuse %s', async (what, bytes) => {
    const deflate = createDeflate();
    const isBomb = bytes.toString() === 'bomb';
    const isPlain = what === 'what is no zlib';
    const sent = isPlain ? bytes : await deflated(deflate, isBomb ? Buffer.alloc(10_000_000) : bytes);
    const reader = new HeaderReader(10_000);
    await expect(reader.read(sent)).rejects.toThrow(SpdyError);
    reader.close();
  });

  it('answer anything with headers or SpdyError', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 4 }), async (blocks) => {
        const reader = new HeaderReader(1_000);
        for (const bytes of blocks) {
          const error = await reader.read(Buffer.from(bytes)).then(
            () => undefined,
            (reason: unknown) => reason,
          );
          if (error !== undefined) expect(error).toBeInstanceOf(SpdyError);
        }
        reader.close();
      }),
      { numRuns: 200 },
    );
  });
});
