import fc from 'fast-check';
import { inOrder } from './field-set';
import { fieldsPresent } from './fields-of';
import { mergeSchemaOf, type MapSchema } from './merge-schema';
import { hasShape, shapeOf } from './shape';

const text = { type: 'string' };
const item = { type: 'object', properties: { name: text, kind: { ...text, default: 'D' }, at: { type: 'object' } } };
const keyed = {
  type: 'array',
  items: item,
  'x-kubernetes-list-type': 'map',
  'x-kubernetes-list-map-keys': ['name', 'kind'],
};
const set = { type: 'array', items: text, 'x-kubernetes-list-type': 'set' };
const spec = {
  type: 'object',
  properties: { keyed, set, map: { type: 'object', additionalProperties: text }, list: { type: 'array', items: text } },
};
const SCHEMA = mergeSchemaOf({ schema: { type: 'object', properties: { spec } } });

const word = fc.constantFrom('a', 'b', '1', '{}', '__proto__', '');
/** Also what no validation has seen: an object where a list should be, items that are told apart by objects or by nothing. */
const wrong = fc.constantFrom(null, 1, 'a', [], {}, { a: 'b' }, [{ name: {} }, { name: {} }], [{ name: 'a' }, 'a']);
const thing = fc.record(
  { name: fc.oneof(word, wrong), kind: word, at: fc.dictionary(word, word, { maxKeys: 1 }) },
  { requiredKeys: [] },
);
const value = fc.record(
  {
    keyed: fc.oneof({ weight: 4, arbitrary: fc.array(thing, { maxLength: 2 }) }, wrong),
    set: fc.oneof({ weight: 4, arbitrary: fc.array(word, { maxLength: 2 }) }, wrong),
    map: fc.oneof({ weight: 4, arbitrary: fc.dictionary(word, word, { maxKeys: 2 }) }, wrong),
    list: fc.oneof({ weight: 4, arbitrary: fc.array(word, { maxLength: 1 }) }, wrong),
    unknown: word,
  },
  { requiredKeys: [] },
);

const fieldsOf = (spec: unknown): string =>
  JSON.stringify(inOrder(fieldsPresent(SCHEMA.map as MapSchema, { spec } as never)));

describe('the shape of a value', () => {
  it('has the fields of every value that has it', () => {
    let alike = 0;
    fc.assert(
      fc.property(fc.array(value, { minLength: 40, maxLength: 40 }), (values) => {
        const known = values.map((one) => ({ shape: shapeOf(SCHEMA, { spec: one }), fields: fieldsOf(one) }));
        for (const [place, { shape, fields }] of known.entries()) {
          for (const other of known.filter((_, at) => at !== place && hasShape(shape, { spec: values[at] }))) {
            alike += 1;
            expect(other.fields).toBe(fields);
          }
        }
      }),
      { numRuns: 300 },
    );
    expect(alike).toBeGreaterThan(100);
  });

  it('is had by the same value with other contents', () => {
    const pod = (image: string) => ({
      spec: { keyed: [{ name: 'web', at: { image } }], map: { image }, list: [image] },
    });
    expect(hasShape(shapeOf(SCHEMA, pod('one')), pod('two'))).toBe(true);
  });

  it('tells items apart by what tells them apart', () => {
    const named = (name: string) => ({ spec: { keyed: [{ name }] } });
    expect(hasShape(shapeOf(SCHEMA, named('one')), named('two'))).toBe(false);
    expect(hasShape(shapeOf(SCHEMA, { spec: { set: ['one'] } }), { spec: { set: ['two'] } })).toBe(false);
  });
});
