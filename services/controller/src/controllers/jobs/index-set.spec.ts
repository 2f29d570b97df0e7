import fc from 'fast-check';
import { IndexSet } from './index-set';

it.each([
  [[], ''],
  [[3], '3'],
  [[4, 3], '3,4'],
  [[1, 3, 4, 5, 7, 5], '1,3-5,7'],
])('indexes %j are written %s', (indexes, text) => {
  expect(String(IndexSet.of(indexes))).toBe(text);
});

it('what is no index, or is beyond the completions, is passed over', () => {
  expect(String(IndexSet.parse('0,x,2-1,4-9,12', 6))).toBe('0,4,5');
  expect(IndexSet.parse(undefined, 6).size).toBe(0);
});

it('sets of them are what sets are', () => {
  const indexes = fc.array(fc.nat(30));
  fc.assert(
    fc.property(indexes, indexes, fc.nat(10), (some, others, count) => {
      const [a, b] = [IndexSet.of(some), IndexSet.of(others)];
      const both = new Set([...some, ...others]);
      expect(a.size).toBe(new Set(some).size);
      expect(String(a.union(b))).toBe(String(IndexSet.of(both)));
      expect(String(IndexSet.parse(String(a), 31))).toBe(String(a));
      expect(a.common(b)).toBe([...new Set(some)].filter((index) => others.includes(index)).length);
      const all = Array.from({ length: 25 }, (_, index) => index);
      expect(all.map((index) => a.has(index))).toEqual(all.map((index) => some.includes(index)));
      expect(a.missing(count, 25)).toEqual(all.filter((index) => !some.includes(index)).slice(0, count));
    }),
  );
});
