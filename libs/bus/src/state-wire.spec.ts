import type { StateChunk } from '@shiplog/contracts';
import fc from 'fast-check';
import { decodeState, encodeStateChunk } from './state-wire';

async function* cut(bytes: Uint8Array, lengths: readonly number[]): AsyncGenerator<Uint8Array> {
  await Promise.resolve();
  for (let from = 0, i = 0; from < bytes.length; i++) {
    const to = from + (lengths[i % lengths.length] ?? bytes.length);
    yield bytes.subarray(from, to);
    from = to;
  }
}

async function read(bytes: Uint8Array, lengths: readonly number[] = []): Promise<StateChunk[]> {
  const chunks: StateChunk[] = [];
  for await (const chunk of decodeState(cut(bytes, lengths))) chunks.push(chunk);
  return chunks;
}

const chunk = fc.record({
  position: fc.nat(),
  objects: fc.array(fc.record({ object: fc.string({ unit: 'binary' }) })),
});
const encoding = fc.constantFrom('br' as const, undefined);

describe('a state on its way', () => {
  it('arrives as it was sent, compressed or not, however it was cut', async () => {
    const chunks = fc.array(fc.tuple(chunk, encoding), { minLength: 1 });
    const lengths = fc.array(fc.integer({ min: 1, max: 200 }), { maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(chunks, lengths, async (sent, cuts) => {
        const bytes = Buffer.concat(sent.map(([item, how]) => encodeStateChunk(JSON.stringify(item), how)));
        expect(await read(bytes, cuts)).toEqual(sent.map(([item]) => item));
      }),
    );
  });

  it('is a fraction of itself when it is compressed', () => {
    const objects = Array.from({ length: 100 }, (_, n) => ({ metadata: { name: `pod-${n}`, labels: { app: 'web' } } }));
    const text = JSON.stringify({ position: 1, objects });
    expect(encodeStateChunk(text, 'br').length).toBeLessThan(text.length / 8);
  });

  it('is refused in a sentence when it is not whole, or in an encoding of which this release knows nothing', async () => {
    const bytes = encodeStateChunk(JSON.stringify({ position: 1, objects: [] }), 'br');
    await expect(read(bytes.subarray(0, -1))).rejects.toThrow('in the middle of a chunk');
    await expect(read(Buffer.from('zstd 12\n'))).rejects.toThrow('not known here: zstd');
    await expect(read(Buffer.alloc(100))).rejects.toThrow('not known here: none');
    await expect(read(Buffer.from('br 4\nnone'))).rejects.toThrow();
  });
});
