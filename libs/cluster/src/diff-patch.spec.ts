import { mergePatch, sameJson } from '@shiplog/apimachinery';
import fc from 'fast-check';
import { diffPatch } from './diff-patch';

/** JSON as stored objects have it: no null anywhere. */
const stored = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.string(),
    fc.integer(),
    fc.boolean(),
    fc.array(tie('value'), { maxLength: 3 }),
    tie('object'),
  ),
  object: fc.dictionary(fc.oneof(fc.constantFrom('a', 'b', '__proto__', 'constructor'), fc.string()), tie('value'), {
    maxKeys: 5,
  }),
})).object as fc.Arbitrary<Record<string, unknown>>;

describe('merge patches', () => {
  it('a difference, merged, leads to the newer object', () => {
    fc.assert(
      fc.property(stored, stored, (before, after) => {
        const patch = diffPatch(before, after);
        const result = patch === undefined ? before : mergePatch(before, patch);
        expect(sameJson(result, after)).toBe(true);
      }),
    );
  });

  it('there is no difference between an object and its copy', () => {
    fc.assert(fc.property(stored, (object) => expect(diffPatch(object, structuredClone(object))).toBeUndefined()));
  });

  it('survives the way over JSON unchanged', () => {
    fc.assert(
      fc.property(stored, stored, (before, after) => {
        const patch = diffPatch(before, after);
        if (patch === undefined) return;
        expect(mergePatch(before, JSON.parse(JSON.stringify(patch)))).toEqual(mergePatch(before, patch));
      }),
    );
  });

  it('leaves its arguments as they were', () => {
    const before = Object.freeze({ spec: Object.freeze({ replicas: 1, paused: true }) });
    expect(mergePatch(before, { spec: { replicas: 2, paused: null } })).toEqual({ spec: { replicas: 2 } });
    expect(before).toEqual({ spec: { replicas: 1, paused: true } });
  });

  it('replaces an array as a whole', () => {
    expect(diffPatch({ ports: [1, 2] }, { ports: [1, 3] })).toEqual({ ports: [1, 3] });
  });

  it('a key called __proto__ is data, and reaches no prototype', () => {
    const patched = mergePatch({}, JSON.parse('{"data":{"__proto__":{"polluted":true}}}')) as { data: object };
    expect(Object.keys(patched.data)).toEqual(['__proto__']);
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });
});
