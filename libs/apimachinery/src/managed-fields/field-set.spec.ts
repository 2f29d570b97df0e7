import type { FieldSet } from '@shiplog/contracts';
import fc from 'fast-check';
import { difference, hasPath, inOrder, intersection, NOTHING, pathsOf, setOfPath, union, unionOf } from './field-set';

const step = fc.constantFrom('f:a', 'f:b', 'k:{"name":"x"}');
const paths = fc.array(fc.array(step, { minLength: 1, maxLength: 3 }), { maxLength: 6 });
const setOf = (members: readonly (readonly string[])[]): FieldSet =>
  members.reduce<FieldSet>((set, path) => union(set, setOfPath(path)), NOTHING);
const textsOf = (set: FieldSet): string[] => [...pathsOf(set)].map((path) => path.join('/')).sort();
const texts = (members: readonly (readonly string[])[]): Set<string> => new Set(members.map((path) => path.join('/')));

describe('a set of fields', () => {
  it('is what its paths are, and an operation on sets that on their paths', () => {
    fc.assert(
      fc.property(paths, paths, (a, b) => {
        const [left, right] = [setOf(a), setOf(b)];
        const [these, those] = [texts(a), texts(b)];
        expect(textsOf(left)).toEqual([...these].sort());
        expect(textsOf(union(left, right))).toEqual([...new Set([...these, ...those])].sort());
        expect(textsOf(difference(left, right))).toEqual([...these].filter((path) => !those.has(path)).sort());
        expect(textsOf(intersection(left, right))).toEqual([...these].filter((path) => those.has(path)).sort());
        expect(difference(left, unionOf([right, left]))).toEqual(NOTHING);
        expect(textsOf(difference(left, unionOf([right])))).toEqual(textsOf(difference(left, right)));
        for (const path of a) expect(hasPath(left, path)).toBe(true);
      }),
    );
  });

  it('is the same value where an operation leaves it alone', () => {
    const set = setOf([['f:a', 'f:b'], ['f:b']]);
    expect(union(set, setOfPath(['f:b']))).toBe(set);
    expect(difference(set, setOfPath(['f:a']))).toBe(set);
  });

  it('is written in the order of Kubernetes', () => {
    const set = setOf([['f:b'], ['f:a', 'k:{"name":"x"}', 'f:image'], ['f:a', 'k:{"name":"x"}'], ['f:a']]);
    expect(JSON.stringify(inOrder(set))).toBe(
      '{"f:a":{".":{},"k:{\\"name\\":\\"x\\"}":{".":{},"f:image":{}}},"f:b":{}}',
    );
  });
});
