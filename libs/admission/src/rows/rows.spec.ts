import { dnsLabel, Problems } from '@shiplog/apimachinery';
import {
  atLeast,
  between,
  exactlyOneOf,
  form,
  immutable,
  onlyWhen,
  positive,
  required,
  requiredWhen,
  shorterThan,
  supported,
  unique,
} from './checks';
import { FieldRules, type Rows } from './rows';

function found(rows: Rows, object: object, before?: object): string[] {
  const problems = new Problems();
  new FieldRules(rows).check(object, problems, before === undefined ? {} : { before });
  return problems.causes.map(({ field, message }) => `${field}: ${message}`);
}

describe('rules by the paths of fields', () => {
  it.each<[string, Rows, object, string[]]>([
    ['a field that is missing', { 'spec.a': required() }, { spec: {} }, ['spec.a: Required value']],
    ['one whose spec is missing', { 'spec.a': required('say a') }, {}, ['spec.a: Required value: say a']],
    ['none of a struct that may be missing', { 'spec.a.b': required() }, { spec: {} }, []],
    [
      'each item of a list',
      { 'ports[*].port': between(1, 9) },
      { ports: [{ port: 3 }, { port: 10 }] },
      ['ports[1].port: Invalid value: 10: must be between 1 and 9, inclusive'],
    ],
    [
      'each value of a map',
      { 'data[*]': shorterThan(2) },
      { data: { 'a.b': 'xyz', c: 'x' } },
      ['data[a.b]: Too long: may not be more than 2 bytes'],
    ],
    [
      'a text that is none of those supported',
      { type: [required(), supported('B', 'A')] },
      { type: 'C' },
      ['type: Unsupported value: "C": supported values: "A", "B"'],
    ],
    [
      'the first that is wrong with a field alone',
      { n: [atLeast(0), positive] },
      { n: -1 },
      ['n: Invalid value: -1: must be greater than or equal to 0'],
    ],
    [
      'items that are there twice',
      { l: unique('name') },
      { l: [{ name: 'a' }, { name: 'a' }] },
      ['l[1].name: Duplicate value: "a"'],
    ],
    ['a field that another asks for', { b: requiredWhen('a', [1]) }, { a: 1 }, ['b: Required value']],
    [
      'a field that another rules out',
      { b: onlyWhen('a', [1], 'only with 1') },
      { a: 2, b: 3 },
      ['b: Forbidden: only with 1'],
    ],
    [
      'two of which there may be one',
      { s: exactlyOneOf(['a', 'b'], { more: 'not two', none: 'give one' }) },
      { s: { b: {}, a: {} } },
      ['s.b: Forbidden: not two'],
    ],
    [
      'none of which there must be one',
      { s: exactlyOneOf(['a'], { more: '', none: 'give one' }) },
      { s: {} },
      ['s: Required value: give one'],
    ],
    ['nothing where a value is of another type', { 'a.b': required(), 'c[*]': required() }, { a: 1, c: 'x' }, []],
  ])('find %s', (_name, rows, object, expected) => {
    expect(found(rows, object)).toEqual(expected);
  });

  it('find a change of what is immutable', () => {
    const rows = { 'spec.a': immutable };
    expect(found(rows, { spec: { a: 1 } })).toEqual([]);
    expect(found(rows, { spec: { a: 1 } }, { spec: { a: 1 } })).toEqual([]);
    expect(found(rows, { spec: {} }, { spec: { a: 1 } })).toEqual(['spec.a: Invalid value: null: field is immutable']);
  });

  it('name the place of a part', () => {
    const problems = new Problems();
    new FieldRules({ name: form(dnsLabel) }).check({ name: 'A' }, problems, { at: 'spec.x[0]' });
    expect(problems.causes.map(({ field }) => field)).toEqual(['spec.x[0].name']);
  });
});
