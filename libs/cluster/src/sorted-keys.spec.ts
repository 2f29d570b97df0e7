import fc from 'fast-check';
import { SortedKeys } from './sorted-keys';

const key = fc
  .tuple(fc.constantFrom('a', 'b', 'default'), fc.integer({ min: 0, max: 2_000 }))
  .map((parts) => parts.join('/'));

describe('keys in order', () => {
  it('lists what a sorted set would, whatever was added and deleted', () => {
    const step = fc.record({ key, adds: fc.boolean() });
    fc.assert(
      fc.property(fc.array(key), fc.array(step, { maxLength: 2_000, size: 'max' }), (first, steps) => {
        const expected = new Set(first);
        const keys = new SortedKeys(expected);
        for (const { key, adds } of steps) {
          if (adds && !expected.has(key)) keys.add(key);
          if (!adds) keys.delete(key);
          if (adds) expected.add(key);
          else expected.delete(key);
        }
        for (const prefix of ['', 'a/', 'b/', 'default/', 'nobody/']) {
          expect([...keys.startingWith(prefix)]).toEqual(
            [...expected].filter((item) => item.startsWith(prefix)).sort(),
          );
        }
      }),
      { numRuns: 50 },
    );
  });

  it('keeps thousands in order', () => {
    const keys = new SortedKeys([]);
    const names = Array.from({ length: 5_000 }, (_, i) => `p${(i * 7_919) % 5_000}`);
    for (const name of names) keys.add(name);
    expect([...keys.startingWith('')]).toEqual([...names].sort());
    for (const name of names.slice(0, 4_990)) keys.delete(name);
    expect([...keys.startingWith('p')]).toEqual(names.slice(4_990).sort());
  });
});
