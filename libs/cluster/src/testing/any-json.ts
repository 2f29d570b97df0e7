import fc from 'fast-check';

export type Json = Record<string, unknown>;

/** Any JSON object: null too, lists whose items can be told apart and lists whose items can't. */
export const anyJson = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.constant(null),
    fc.string({ maxLength: 2 }),
    fc.integer({ min: 0, max: 3 }),
    fc.boolean(),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.array(tie('item'), { maxLength: 4 }),
    tie('object'),
  ),
  item: fc.record({
    name: fc.constantFrom('x', 'y', 'z', '__proto__'),
    status: fc.constantFrom('True', 'False', null),
    more: tie('value'),
  }),
  object: fc.dictionary(fc.constantFrom('a', 'b', 'c', 'name', 'type', '__proto__', 'constructor'), tie('value'), {
    maxKeys: 5,
  }),
})).object as fc.Arbitrary<Json>;
