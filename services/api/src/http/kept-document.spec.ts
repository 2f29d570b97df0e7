import { gunzipSync } from 'node:zlib';
import { ifNoneMatch, keptDocument } from './kept-document';

const document = keptDocument('application/json', Buffer.from('{}'));

describe('a kept document', () => {
  it('has a hash of its bytes', () => {
    expect(keptDocument('application/json', Buffer.from('{}')).hash).toBe(document.hash);
    expect(keptDocument('application/json', Buffer.from('[]')).hash).not.toBe(document.hash);
  });

  it('is compressed once', async () => {
    const gzipped = await document.gzipped?.();
    expect(gunzipSync(gzipped ?? '').toString()).toBe('{}');
    expect(await document.gzipped?.()).toBe(gzipped);
  });

  it.each([
    [`"${document.hash}"`, 304],
    [`W/"${document.hash}"`, 304],
    [`"other", "${document.hash}"`, 304],
    ['*', 304],
    ['"other"', 200],
    [document.hash, 200],
    ['', 200],
    [undefined, 200],
  ])('answers If-None-Match: %s with %d', (header, code) => {
    expect(ifNoneMatch(document, header)).toMatchObject({ code, headers: { etag: `"${document.hash}"` } });
  });
});
