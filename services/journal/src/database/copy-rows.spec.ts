import { decoded, RowReader } from './copy-rows';

const HEADER = Buffer.concat([Buffer.from('PGCOPY\n\xff\r\n\0', 'latin1'), Buffer.alloc(8)]);
const END = Buffer.from([0xff, 0xff]);
const SNOWMAN = 'tab\t, slash \\, ☃ 𝒳';

function row(...fields: (Buffer | string)[]): Buffer {
  const parts = fields.flatMap((field) => {
    const length = Buffer.alloc(4);
    length.writeInt32BE(Buffer.byteLength(field));
    return [length, Buffer.from(field as string)];
  });
  return Buffer.concat([Buffer.from([0, fields.length]), ...parts]);
}

function big(value: bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(value);
  return bytes;
}

describe('rows of a binary COPY', () => {
  const copied = Buffer.concat([
    HEADER,
    row(big(1n), 'pods', Buffer.from([0, 2]), 'web-1', SNOWMAN),
    row(big(9_007_199_254_740_991n), 'ünïcode', Buffer.from([0x7f, 0xff]), '', '{}'),
    row(big(-3n), 'pods', Buffer.from([0, 0]), 'x'.repeat(300), ''),
    END,
  ]);

  it.each([1, 2, 3, 7, 19, 20, 64, 1_000])('are the same in pieces of %d bytes', (size) => {
    const reader = new RowReader();
    const rows: unknown[] = [];
    for (let at = 0; at < copied.length; at += size) {
      reader.add(Buffer.from(copied.subarray(at, at + size)));
      while (reader.next()) {
        rows.push([reader.big(), reader.common(), reader.small(), reader.text(), decoded(reader.encoded())]);
      }
    }
    expect(rows).toEqual([
      [1, 'pods', 2, 'web-1', SNOWMAN],
      [9_007_199_254_740_991, 'ünïcode', 0x7fff, '', '{}'],
      [-3, 'pods', 0, 'x'.repeat(300), ''],
    ]);
  });

  it('may be left half read', () => {
    const reader = new RowReader();
    reader.add(copied);
    const positions: number[] = [];
    while (reader.next()) positions.push(reader.big());
    expect(positions).toEqual([1, 9_007_199_254_740_991, -3]);
  });
});
