import { Random } from '../../../linearizability/src/random';
import { damaged, mutated } from './mutate';

const OBJECT = { metadata: { name: 'a', labels: { app: 'x' } }, spec: { ports: [{ port: 80 }] } };

describe('what a mutation makes', () => {
  it('follows from the seed, differs, and leaves the original alone', () => {
    const before = JSON.stringify(OBJECT);
    const variants = Array.from({ length: 200 }, (_, seed) => JSON.stringify(mutated(OBJECT, new Random(seed))));
    expect(JSON.stringify(mutated(OBJECT, new Random(3)))).toBe(variants[3]);
    expect(new Set(variants).size).toBeGreaterThan(150);
    expect(JSON.stringify(OBJECT)).toBe(before);
  });

  it('has fields of every name, and none of them changes what objects are', () => {
    const texts = Array.from({ length: 2_000 }, (_, seed) => JSON.stringify(mutated(OBJECT, new Random(seed))));
    expect(texts.some((text) => text?.includes('"__proto__":'))).toBe(true);
    expect(({} as { port?: number }).port).toBeUndefined();
  });

  it('of bytes is other bytes, also of none', () => {
    const bytes = Buffer.from('0123456789');
    const variants = Array.from({ length: 100 }, (_, seed) => damaged(bytes, new Random(seed)).toString('latin1'));
    expect(new Set(variants).size).toBeGreaterThan(30);
    expect(() => Array.from({ length: 50 }, (_, seed) => damaged(Buffer.alloc(0), new Random(seed)))).not.toThrow();
  });
});
