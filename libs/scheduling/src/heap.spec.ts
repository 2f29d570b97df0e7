import * as fc from 'fast-check';
import { Heap } from './heap';

const step = fc.record({ key: fc.nat({ max: 20 }).map(String), value: fc.option(fc.nat({ max: 50 })) });

describe('a heap', () => {
  it('knows what comes first, whatever came and went before', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const heap = new Heap<[number, string]>((a, b) => a[0] - b[0] || (a[1] < b[1] ? -1 : 1));
        const plain = new Map<string, number>();
        for (const { key, value } of steps) {
          if (value === null) {
            heap.delete(key);
            plain.delete(key);
          } else {
            heap.set(key, [value, key]);
            plain.set(key, value);
          }
          const [first] = [...plain].map(([of, n]) => [n, of]).sort(byValue);
          expect(heap.first).toEqual(first);
          expect(heap.size).toBe(plain.size);
        }
      }),
    );
  });
});

function byValue([a, one]: (number | string)[], [b, other]: (number | string)[]): number {
  return Number(a) - Number(b) || (String(one) < String(other) ? -1 : 1);
}
