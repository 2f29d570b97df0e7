import { headers } from 'nats';
import { chunkHeaders, chunkOf, problemWith, type ChunkKind } from './stream-wire';

describe('a chunk', () => {
  it('is read as it was written', () => {
    const text = Buffer.from(chunkHeaders('data', 12).encode()).toString();
    const [version, ...lines] = text.split('\r\n');
    expect([version, ...lines.splice(-2)]).toEqual(['NATS/1.0', '', '']);
    const read = headers();
    for (const line of lines) read.append(...(line.split(': ') as [string, string]));
    expect(chunkOf({ headers: read })).toEqual({ kind: 'data', number: 12 });
  });

  it('is none without the headers of one', () => {
    expect(chunkOf({ headers: undefined })).toBeUndefined();
    expect(chunkOf({ headers: headers() })).toBeUndefined();
  });

  it.each<[ChunkKind, number, string | undefined]>([
    ['data', 8, undefined],
    ['data', 9, 'chunk 8 is missing'],
    ['data', 7, 'chunk 7 came again'],
    ['data', NaN, 'chunk 8 is missing'],
    ['end', 7, undefined],
    ['end', 8, 'chunk 8 is missing'],
    ['error', 8, 'chunk 8 is missing'],
    ['ping', 8, 'chunk 8 is missing'],
    ['ping', 6, undefined],
  ])('of kind %s with the number %d, after seven, is: %s', (kind, number, problem) => {
    expect(problemWith({ kind, number }, 7, 64)).toBe(problem);
  });

  it('that was not asked for yet is refused', () => {
    expect(problemWith({ kind: 'data', number: 65 }, 64, 64)).toBe('chunk 65 came before it was asked for');
  });
});
