import type { KubeStatus, ObjectOf } from '@shiplog/contracts';
import { type DEFINITIONS, definedResource } from '@shiplog/apimachinery';
import Ajv from 'ajv';
import fc from 'fast-check';
import { aCronTab, anEstablishedDefinition } from '../../../apimachinery/src/testing/definitions';
import { admitCreate } from '../create';
import type { SchemaProps } from '../definitions/types';
import { admission, stored } from '../testing/builders';
import { admitUpdate } from '../update';
import { validateValue } from './values';
import { Walk } from './walk';

/** The resource whose objects have a `spec.x` of a schema. */
const rowOf = (x: object, version: object = {}) => {
  const openAPIV3Schema = { type: 'object', properties: { spec: { type: 'object', properties: { x } }, status: { type: 'object', properties: { x } } } }; // prettier-ignore
  const versions = [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema }, ...version }];
  return definedResource(anEstablishedDefinition({ versions }) as unknown as ObjectOf<typeof DEFINITIONS>)!;
};

const create = (schema: object, x: unknown) =>
  admitCreate(rowOf(schema), aCronTab('a', x === undefined ? {} : { x }), admission());
const said = ({ details, message }: KubeStatus): string[] =>
  details?.causes?.map((cause) => `${cause.field}: ${cause.message}`) ?? [message ?? ''];
const wrongWith = (schema: object, x: unknown): string[] => {
  const result = create(schema, x);
  return result.ok ? [] : said(result.status);
};
const kept = (schema: object, x: unknown): unknown => {
  const result = create(schema, x);
  return result.ok ? (result.value['spec'] as { x?: unknown }).x : said(result.status);
};

const text = { type: 'string' };
const integer = { type: 'integer' };
const list = (items: object, more: object = {}) => ({ type: 'array', items, ...more });
const map = list(
  { type: 'object', properties: { name: text, n: integer } },
  { 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['name'] },
);

describe('a custom object', () => {
  it.each<[object, unknown, string]>([
    [integer, 'a', 'spec.x: Invalid value: "string": spec.x in body must be of type integer: "string"'],
    [integer, 1.5, 'spec.x: Invalid value: "number": spec.x in body must be of type integer: "number"'],
    [text, { a: 1 }, 'spec.x: Invalid value: "object": spec.x in body must be of type string: "object"'],
    [{ 'x-kubernetes-int-or-string': true }, true, 'spec.x: Invalid value: "boolean": spec.x in body must be of type integer,string: "boolean"'],
    [list(integer), [1, 'a'], 'spec.x[1]: Invalid value: "string": spec.x[1] in body must be of type integer: "string"'],
    [list(integer), [null], 'spec.x[0]: Invalid value: "null": spec.x[0] in body must be of type integer: "null"'],
    [{ ...text, enum: ['a', 'b'] }, 'c', 'spec.x: Unsupported value: "c": supported values: "a", "b"'],
    [{ ...text, pattern: '^a+$' }, 'b', "spec.x: Invalid value: \"b\": spec.x in body should match '^a+$'"],
    [{ ...text, minLength: 2 }, 'é', 'spec.x: Invalid value: "é": spec.x in body should be at least 2 chars long'],
    [{ ...text, maxLength: 2 }, 'abc', 'spec.x: Too long: may not be more than 2 bytes'],
    [{ ...text, format: 'ipv4' }, '1.2.3', 'spec.x: Invalid value: "1.2.3": spec.x in body must be of type ipv4: "1.2.3"'],
    [{ ...integer, minimum: 1 }, 0, 'spec.x: Invalid value: 0: spec.x in body should be greater than or equal to 1'],
    [{ ...integer, maximum: 1, exclusiveMaximum: true }, 1, 'spec.x: Invalid value: 1: spec.x in body should be less than 1'],
    [{ ...integer, multipleOf: 5 }, 7, 'spec.x: Invalid value: 7: spec.x in body should be a multiple of 5'],
    [list(text, { maxItems: 1 }), ['a', 'b'], 'spec.x: Too many: 2: must have at most 1 items'],
    [list(text, { minItems: 1 }), [], 'spec.x: Invalid value: 0: spec.x in body should have at least 1 items'],
    [{ type: 'object', properties: { a: text }, required: ['a'] }, {}, 'spec.x.a: Required value'],
    [{ type: 'object', additionalProperties: integer }, { k: 'v' }, 'spec.x.k: Invalid value: "string": spec.x.k in body must be of type integer: "string"'],
    [{ type: 'object', additionalProperties: text, maxProperties: 1 }, { a: 'x', b: 'x' }, 'spec.x: Too many: 2: must have at most 1 items'],
    [{ ...text, not: { pattern: 'a' } }, 'a', '<nil>: Invalid value: "": "spec.x" must not validate the schema (not)'],
    [{ ...text, oneOf: [{ pattern: 'a' }, { pattern: 'b' }] }, 'ab', '<nil>: Invalid value: "": "spec.x" must validate one and only one schema (oneOf). Found 2 valid alternatives'],
    [{ ...text, oneOf: [{ pattern: 'a' }, { pattern: 'b' }] }, 'c', '<nil>: Invalid value: "": "spec.x" must validate one and only one schema (oneOf). Found none valid'],
    [{ ...text, anyOf: [{ pattern: 'a' }] }, 'c', '<nil>: Invalid value: "": "spec.x" must validate at least one schema (anyOf)'],
    [{ ...text, allOf: [{ minLength: 2 }] }, 'c', '<nil>: Invalid value: "": "spec.x" must validate all the schemas (allOf). None validated'],
    [list(text, { 'x-kubernetes-list-type': 'set' }), ['a', 'b', 'a'], 'spec.x[2]: Duplicate value: "a"'],
    [map, [{ name: 'a' }, { name: 'a', n: 1 }], 'spec.x[1]: Duplicate value: map[string]interface {}{"name":"a"}'],
    [{ type: 'object', 'x-kubernetes-embedded-resource': true, 'x-kubernetes-preserve-unknown-fields': true }, { kind: 'Pod' }, 'spec.x.apiVersion: Required value: must not be empty'],
  ])('of %j is not %j', (schema, x, message) => {
    expect(wrongWith(schema, x)).toContain(message);
  }); // prettier-ignore

  it.each<[string, string, string]>([
    ['date-time', '2024-02-29T01:02:03.5Z', '2023-02-29T01:02:03Z'],
    ['date', '2024-02-29', '2024-13-01'],
    ['duration', '1h30m', 'soon'],
    ['ipv6', '::1', '1.2.3.4'],
    ['cidr', '10.0.0.0/8', '10.0.0.0'],
    ['uuid', '6ba7b810-9dad-11d1-80b4-00c04fd430c8', '6ba7b810'],
    ['email', 'a@example.com', 'example.com'],
    ['hostname', 'a-b.example.com', '-a'],
    ['uri', 'https://example.com/a', 'a b'],
    ['byte', 'aGVsbG8=', '???'],
    ['mac', '00:11:22:33:44:55', '00:11'],
    ['hexcolor', '#ff0000', '#ggg'],
    ['isbn', '978-3-16-148410-0', '978-3-16-148410-1'],
    ['creditcard', '4111 1111 1111 1111', '4111 1111 1111 1112'],
  ])('has texts of the format %s', (format, good, bad) => {
    expect(wrongWith({ ...text, format }, good)).toEqual([]);
    expect(wrongWith({ ...text, format }, bad)).toHaveLength(1);
  });

  it('has the defaults of its schema, and no null that says nothing', () => {
    const object = {
      type: 'object',
      properties: { a: { ...text, default: 'd' }, b: { ...integer, nullable: true }, c: text },
    };
    expect(kept({ ...object, default: {} }, undefined)).toEqual({ a: 'd' });
    expect(kept(object, { a: null, b: null, c: null })).toEqual({ a: 'd', b: null });
    expect(kept(list({ ...object }), [{}, { a: 'x' }])).toEqual([{ a: 'd' }, { a: 'x' }]);
    expect(kept({ type: 'object', additionalProperties: { ...text, default: 'd' } }, { k: null })).toEqual({ k: 'd' });
  });

  it('is validated in the version that it is written in, its status too', () => {
    const row = rowOf(integer, { subresources: { status: {} } });
    const before = stored(aCronTab('a', { x: 1 }));
    const update = (subresource: string | undefined, more: object) =>
      admitUpdate(row, subresource, before, { ...before, ...more }, admission());
    expect(update('status', { status: { x: 'a' } })).toMatchObject({
      ok: false,
      status: { details: { causes: [{ field: 'status.x', reason: 'FieldValueTypeInvalid' }] } },
    });
    expect(update('status', { status: { x: 2 } })).toMatchObject({ ok: true, value: { status: { x: 2 } } });
    expect(update(undefined, { spec: { x: 'a' } })).toMatchObject({ ok: false, status: { code: 422 } });
  });

  it('is not refused for what was there before its schema was stricter', () => {
    const row = rowOf({ type: 'object', properties: { a: { ...text, maxLength: 1 }, b: integer, c: map } });
    const spec = { x: { a: 'long', c: [{ name: 'a', n: 'odd' }] } };
    const before = stored(aCronTab('a', spec));
    const update = (x: object) =>
      admitUpdate(row, undefined, before, { ...before, spec: { x: { ...spec.x, ...x } } }, admission());
    expect(update({ b: 1 })).toMatchObject({ ok: true });
    expect(update({ c: [{ name: 'b' }, ...spec.x.c] })).toMatchObject({ ok: true });
    expect(update({ a: 'longer' })).toMatchObject({ ok: false });
    expect(update({ c: [{ name: 'a', n: 'other' }] })).toMatchObject({ ok: false });
  });
});

describe('the cost of validation', () => {
  const quickly = (run: () => void): void => {
    // Of this process alone: others may want the processor too.
    const start = process.cpuUsage();
    run();
    const { user, system } = process.cpuUsage(start);
    expect((user + system) / 1_000).toBeLessThan(1_500);
  };

  it.each([
    ['a pattern that backtracks', { ...text, pattern: '^(a+)+$' }, `${'a'.repeat(100_000)}!`],
    ['a large pattern', { ...text, pattern: '(a{1,900}b?)c' }, 'a'.repeat(1_000_000)],
    ['patterns of many items', list({ ...text, pattern: 'x(a{1,900}b?)c' }), Array.from({ length: 20_000 }, () => 'a'.repeat(100))],
    ['an enum of many', list({ ...text, enum: Array.from({ length: 20_000 }, (_, i) => `e${i}`) }), Array.from({ length: 20_000 }, () => 'x')],
    ['branches within branches', branches(12), Array.from({ length: 2_000 }, () => 'x')],
  ])('is bounded for %s', (_of, schema, x) => {
    quickly(() => expect(wrongWith(schema, x).length).toBeGreaterThan(0));
  }); // prettier-ignore

  it('is bounded for defaults that make much of little', () => {
    const many = Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`f${i}`, { ...text, default: 'd' }]));
    const schema = list({ type: 'object', properties: many });
    quickly(() => {
      const [message = ''] = wrongWith(
        schema,
        Array.from({ length: 100_000 }, () => ({})),
      );
      expect(message).toContain('the defaults of its schema make the object too large');
    });
  });

  function branches(depth: number): object {
    let part: SchemaProps = { pattern: 'a' };
    for (let i = 0; i < depth; i++) part = { anyOf: [part, part, part] };
    return list({ ...text, ...part });
  }
});

describe('validation, beside that of ajv', () => {
  const ajv = new Ajv({ strict: false, validateFormats: false });
  const scalar = fc.oneof(fc.constantFrom('a', 'b', 'ab', ''), fc.integer({ min: -3, max: 3 }), fc.boolean());
  const value = fc.letrec((tie) => ({
    any: fc.oneof(
      { maxDepth: 3 },
      scalar,
      fc.array(tie('any'), { maxLength: 3 }),
      fc.dictionary(fc.constantFrom('a', 'b', 'c'), tie('any'), { maxKeys: 3 }),
    ),
  })).any;
  const schemas = fc.letrec<{ any: SchemaProps }>((tie) => ({
    any: fc.oneof(
      { maxDepth: 3 },
      fc.record({ type: fc.constant('string'), minLength: fc.nat(2), maxLength: fc.nat(3), pattern: fc.constantFrom('a', '^b') }, { requiredKeys: ['type'] }),
      fc.record({ type: fc.constantFrom('integer', 'number'), minimum: fc.integer({ min: -2, max: 2 }), maximum: fc.integer({ min: -2, max: 2 }), multipleOf: fc.constant(2) }, { requiredKeys: ['type'] }),
      fc.record({ type: fc.constant('boolean') }),
      fc.record({ enum: fc.uniqueArray(scalar, { minLength: 1, maxLength: 3 }) }),
      fc.record({ type: fc.constant('array'), items: tie('any'), minItems: fc.nat(2), maxItems: fc.nat(3) }, { requiredKeys: ['type'] }),
      fc.record({ type: fc.constant('object'), properties: fc.dictionary(fc.constantFrom('a', 'b', 'c'), tie('any'), { maxKeys: 3 }), required: fc.subarray(['a', 'b']), maxProperties: fc.nat(3) }, { requiredKeys: ['type'] }),
      fc.record({ type: fc.constant('object'), additionalProperties: tie('any'), minProperties: fc.nat(2) }, { requiredKeys: ['type'] }),
      fc.record({ anyOf: fc.array(tie('any'), { minLength: 1, maxLength: 2 }), not: tie('any') }, { requiredKeys: [] }),
      fc.record({ oneOf: fc.array(tie('any'), { minLength: 1, maxLength: 2 }), allOf: fc.array(tie('any'), { minLength: 1, maxLength: 2 }) }, { requiredKeys: [] }),
    ) as fc.Arbitrary<SchemaProps>,
  })).any; // prettier-ignore

  it('comes to the same for random values and schemas', () => {
    fc.assert(
      fc.property(schemas, value, (schema, x) => {
        const walk = Walk.start();
        validateValue(schema, x, 'x', walk);
        expect(walk.problems.none).toBe(ajv.compile(schema)(x));
      }),
      { numRuns: 300 },
    );
  });
});
