import type { StructuralSchema } from '@shiplog/contracts';
import { Decoding } from './decoding';
import { structuralDecoderOf } from './structural';

const text = { type: 'string' };
const schema: StructuralSchema = {
  type: 'object',
  properties: {
    spec: {
      type: 'object',
      properties: {
        name: { ...text, nullable: true },
        items: { type: 'array', items: { type: 'object', properties: { a: text } } },
        labels: { type: 'object', additionalProperties: text },
        open: { type: 'object', additionalProperties: true },
        free: {
          type: 'object',
          'x-kubernetes-preserve-unknown-fields': true,
          properties: { known: { type: 'object' } },
        },
        template: { type: 'object', 'x-kubernetes-embedded-resource': true, properties: { spec: { type: 'object' } } },
      },
    },
  },
};
const meta = { name: 'a', labels: { app: 'x' } };
const read = (object: unknown, on = new Decoding()) => structuralDecoderOf(schema)(object, on);

describe('reading a custom resource', () => {
  it('keeps what the schema knows, nulls too, and nothing else', () => {
    const spec = { name: null, items: [{ a: 'x', b: 'y' }, null], labels: { l: 'v' }, other: 1 };
    expect(read({ apiVersion: 'a/v1', kind: 'A', metadata: meta, spec, unknown: 1 })).toEqual({
      apiVersion: 'a/v1',
      kind: 'A',
      metadata: meta,
      spec: { name: null, items: [{ a: 'x' }, null], labels: { l: 'v' } },
    });
  });

  it('keeps what is free, down to where the schema knows more', () => {
    const spec = { free: { x: { y: null }, known: { z: 1 } }, open: { any: { thing: [1] } } };
    expect(read({ spec })).toEqual({ spec: { free: { x: { y: null }, known: {} }, open: spec.open } });
  });

  it('reads what is embedded as an object of its own', () => {
    const template = { apiVersion: 'v1', kind: 'Pod', metadata: { ...meta, odd: 1 }, spec: { a: 1 }, odd: 1 };
    expect(read({ spec: { template } })).toEqual({
      spec: { template: { apiVersion: 'v1', kind: 'Pod', metadata: meta, spec: {} } },
    });
  });

  it('says where unknown fields are, for who asks', () => {
    const on = new Decoding({ reportUnknown: true });
    read({ metadata: { odd: 1 }, spec: { items: [{}, { b: 1 }], other: 2 }, more: 3 }, on);
    expect(on.unknown).toEqual(['spec.items[1].b', 'spec.other', 'more', 'metadata.odd']);
  });

  it('is not led astray by names that every JavaScript object has', () => {
    const odd = JSON.parse(
      '{"spec": {"labels": {"__proto__": "x"}, "constructor": 1, "__proto__": {"a": 1}}}',
    ) as object;
    expect(JSON.stringify(read(odd))).toBe('{"spec":{"labels":{"__proto__":"x"}}}');
  });

  it('takes what is of another type as it is: to refuse it is for validation', () => {
    for (const value of [1, 'text', [1], true]) expect(read({ spec: value })).toEqual({ spec: value });
  });

  it('takes a null for nothing where the schema does not say that it can be', () => {
    expect(read({ spec: null })).toEqual({});
    expect(read({ spec: { labels: { a: null, b: 'x' }, open: null } })).toEqual({ spec: { labels: { b: 'x' } } });
  });
});
