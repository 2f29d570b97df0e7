import { Interned } from './interned';

describe('interned texts', () => {
  it('are what their bytes say, whichever were read before', () => {
    const interned = new Interned();
    const texts = Array.from({ length: 20_000 }, (_, i) => `${i % 3 === 0 ? 'pods' : 'nödes'}-${(i * 7_919) % 5_000}`);
    for (const text of ['', 'é', 'Ã©', 'x'.repeat(200), ...texts]) {
      const bytes = Buffer.from(`<${text}>`);
      expect(interned.text(bytes, 1, bytes.length - 1)).toBe(text);
    }
  });
});
