import { PassThrough } from 'node:stream';
import { gather } from './gather';

async function* of(...pieces: (string | Error)[]): AsyncGenerator<Buffer> {
  for (const piece of pieces) {
    if (piece instanceof Error) throw piece;
    yield Promise.resolve(Buffer.from(piece));
  }
}
const text = (piece: Uint8Array | undefined): string => Buffer.from(piece ?? []).toString();
const all = async (source: AsyncIterable<Uint8Array>): Promise<string[]> => {
  const found: string[] = [];
  for await (const piece of source) found.push(text(piece));
  return found;
};

describe('gather', () => {
  it('hands on in one piece what is at hand', async () => {
    expect(await all(gather(of('a\n', 'b\n', 'c\n')))).toEqual(['a\nb\nc\n']);
    expect(await all(gather(of()))).toEqual([]);
  });

  it('hands on what is enough, in order and whole', async () => {
    expect(await all(gather(of('aa', 'bb', 'cc', 'd'), 4))).toEqual(['aabb', 'ccd']);
  });

  it('waits for nothing', async () => {
    const log = new PassThrough();
    const pieces = gather(log as AsyncIterable<Buffer>);
    log.write('first');
    expect(text((await pieces.next()).value as Uint8Array)).toBe('first');
    const second = pieces.next();
    log.write('second');
    expect(text((await second).value as Uint8Array)).toBe('second');
    log.end();
    expect((await pieces.next()).done).toBe(true);
  });

  it('hands on what came before a failure, and then fails', async () => {
    const pieces = gather(of('a', new Error('gone')));
    expect(text((await pieces.next()).value as Uint8Array)).toBe('a');
    await expect(pieces.next()).rejects.toThrow('gone');
  });

  it('ends its source when nobody wants more, also one that fails later', async () => {
    let isEnded = false;
    async function* endless(): AsyncGenerator<Buffer> {
      try {
        for (;;) yield Promise.resolve(Buffer.from('x'));
      } finally {
        isEnded = true;
      }
    }
    for await (const piece of gather(endless(), 3)) if (piece.length > 0) break;
    expect(isEnded).toBe(true);
  });
});
