import type { KubeStatus, ObjectOf } from '@shiplog/contracts';
import { type DEFINITIONS, definedResource } from '@shiplog/apimachinery';
import { aCronTab, anEstablishedDefinition } from '../../../apimachinery/src/testing/definitions';
import { admitCreate } from '../create';
import { admission, stored } from '../testing/builders';
import { admitUpdate } from '../update';

type Rules = (object | string)[];
const rulesOf = (rules: Rules) => ({
  'x-kubernetes-validations': rules.map((rule) => (typeof rule === 'string' ? { rule } : rule)),
});
const text = { type: 'string' };
const integer = { type: 'integer' };

/** What `spec` can hold in these specs. */
const FIELDS = {
  n: integer,
  max: integer,
  f: { type: 'number' },
  s: text,
  t: { ...text, format: 'date-time' },
  d: { ...text, format: 'duration' },
  list: { type: 'array', items: integer },
  texts: { type: 'array', items: text },
  labels: { type: 'object', additionalProperties: text },
  maybe: { ...integer, nullable: true },
  port: { 'x-kubernetes-int-or-string': true },
  'a-b.c/d': integer,
  namespace: text,
  __x: text,
  items: {
    type: 'array',
    'x-kubernetes-list-type': 'map',
    'x-kubernetes-list-map-keys': ['name'],
    items: { type: 'object', required: ['name'], properties: { name: text, n: integer } },
  },
};

const rowOf = (rules: Rules, more: object = {}) => {
  const spec = { type: 'object', properties: FIELDS, ...rulesOf(rules), ...more };
  const openAPIV3Schema = { type: 'object', properties: { spec } };
  const versions = [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema } }];
  return definedResource(anEstablishedDefinition({ versions }) as unknown as ObjectOf<typeof DEFINITIONS>)!;
};
const said = ({ details, message }: KubeStatus): string[] =>
  details?.causes?.map((cause) => `${cause.field}: ${cause.message}`) ?? [message ?? ''];
const wrongWith = (rules: Rules, spec: object, more?: object): string[] => {
  const result = admitCreate(rowOf(rules, more), aCronTab('a', spec), admission());
  return result.ok ? [] : said(result.status);
};
const changed = (rules: Rules, from: object, to: object, more?: object): string[] => {
  const before = stored(aCronTab('a', from));
  const result = admitUpdate(rowOf(rules, more), undefined, before, { ...before, spec: to }, admission());
  return result.ok ? [] : said(result.status);
};

const SPEC = {
  n: 3,
  max: 5,
  f: 1.5,
  s: 'hello',
  t: '2024-01-02T03:04:05Z',
  d: '1h',
  list: [1, 2, 3],
  texts: ['a', 'b'],
  labels: { k: 'v' },
  maybe: null,
  port: 80,
  'a-b.c/d': 7,
  namespace: 'ns',
  __x: 'y',
  items: [{ name: 'x', n: 1 }, { name: 'y' }],
};

describe('rules in CEL', () => {
  it.each([
    'self.n <= self.max',
    'self.f > 1.0 && self.f < 2.0',
    'self.s.startsWith("h") && self.s.matches("^h.*o$") && self.s.size() == 5',
    'self.t < timestamp("2025-01-01T00:00:00Z") && self.t.getFullYear() == 2024',
    'self.d == duration("60m")',
    'self.list.all(x, x > 0) && self.list.exists(x, x == 2) && self.list.exists_one(x, x == 3)',
    'self.list.filter(x, x > 1).map(x, x * 2) == [4, 6]',
    'self.list.sum() == 6 && self.list.min() == 1 && self.list.max() == 3 && self.list.isSorted() && self.list.indexOf(3) == 2',
    '"k" in self.labels && self.labels["k"] == "v" && self.labels.all(k, k == "k")',
    'has(self.s) && !has(self.items[1].n) && self.?items[1].?n.orValue(9) == 9',
    'self.maybe == null',
    'self.port == 80',
    'self.a__dash__b__dot__c__slash__d == 7 && self.__namespace__ == "ns" && self.__underscores__x == "y"',
    'self.items.exists(i, i.name == "x" && i.n == 1)',
    'self.s.find("l+") == "ll" && self.s.findAll("[aeiou]") == ["e", "o"] && self.s.replace("l", "L", 1) == "heLlo" && self.s.charAt(1) == "e"',
    '"%s is %d".format([self.s, self.n]) == "hello is 3"',
    'self.texts.join("-") == "a-b" && "a,b".split(",") == self.texts',
    'quantity("1Gi").isGreaterThan(quantity("1M")) && quantity("500m").add(quantity("500m")).asInteger() == 1 && !isQuantity("x")',
    'isIP("10.0.0.1") && ip("10.0.0.1").family() == 4 && cidr("10.0.0.0/8").containsIP("10.1.2.3") && !isCIDR("x")',
    'url("https://a.example.com:80/p?q=1").getHostname() == "a.example.com" && isURL("/a") && !isURL("a b")',
    'format.dns1123Label().validate(self.s).hasValue() == false && format.dns1123Label().validate("A!").hasValue()',
    'sets.contains(self.list, [1, 2]) && type(self.n) == int && cel.bind(x, self.n, x + 1) == 4',
  ])('hold: %s', (rule) => {
    expect(wrongWith([rule], SPEC)).toEqual([]);
  });

  it.each<[object | string, string]>([
    ['self.n > 5', 'spec: Invalid value: "object": failed rule: self.n > 5'],
    [{ rule: 'self.n > 5', message: 'n is too small' }, 'spec: Invalid value: "object": n is too small'],
    [{ rule: 'self.n > 5', messageExpression: '"n is " + string(self.n)' }, 'spec: Invalid value: "object": n is 3'],
    [{ rule: 'self.n > 5', message: 'plain', messageExpression: 'string(1 / 0)' }, 'spec: Invalid value: "object": plain'],
    [{ rule: 'self.n > 5', fieldPath: '.n', reason: 'FieldValueForbidden', message: 'no' }, 'spec.n: Forbidden: no'],
    [{ rule: 'self.n > 5', fieldPath: '.n', reason: 'FieldValueRequired', message: 'no' }, 'spec.n: Required value: no'],
    ['self.items[1].n > 0', 'spec: Invalid value: "object": no such key: n evaluating rule: self.items[1].n > 0'],
    ['self.list[7] > 0', 'spec: Invalid value: "object": index out of bounds, index 7 >= size 3 evaluating rule: self.list[7] > 0'],
    ['self.n / 0 > 0', 'spec: Invalid value: "object": division by zero evaluating rule: self.n / 0 > 0'],
  ])('are broken: %j', (rule, message) => {
    expect(wrongWith([rule], SPEC)).toEqual([message]);
  }); // prettier-ignore

  it('stand anywhere in a schema', () => {
    const items = {
      type: 'array',
      items: { type: 'object', properties: { n: { ...integer, ...rulesOf(['self > 1']) } } },
    };
    expect(wrongWith([], { items: [{ n: 2 }, { n: 1 }] }, { properties: { items } })).toEqual([
      'spec.items[1].n: Invalid value: "integer": failed rule: self > 1',
    ]);
    const labels = { type: 'object', additionalProperties: { ...text, ...rulesOf(['self != "bad"']) } };
    expect(wrongWith([], { labels: { a: 'good', b: 'bad' } }, { properties: { labels } })).toEqual([
      'spec.labels.b: Invalid value: "string": failed rule: self != "bad"',
    ]);
  });

  it('are not asked of what is not even of its type', () => {
    expect(wrongWith(['self.n > 5'], { n: 'a' })).toEqual([
      'spec.n: Invalid value: "string": spec.n in body must be of type integer: "string"',
      '<nil>: Invalid value: "null": some validation rules were not checked because the object was invalid; correct the existing errors to complete validation',
    ]);
  });

  it('see names and kind of the object at its root', () => {
    const openAPIV3Schema = { type: 'object', properties: { spec: { type: 'object' } }, ...rulesOf(['self.metadata.name == "b" && self.kind == "CronTab"']) }; // prettier-ignore
    const versions = [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema } }];
    const row = definedResource(anEstablishedDefinition({ versions }) as unknown as ObjectOf<typeof DEFINITIONS>)!;
    expect(admitCreate(row, aCronTab('b'), admission()).ok).toBe(true);
    expect(admitCreate(row, aCronTab('a'), admission())).toMatchObject({
      status: { details: { causes: [{ field: '<nil>', message: expect.stringContaining('failed rule') as string }] } },
    });
  });
});

describe('rules of changes', () => {
  const grows = { rule: 'self.n >= oldSelf.n', message: 'n only grows' };
  it('are asked when there is something that changed', () => {
    expect(wrongWith([grows], { n: 1 })).toEqual([]);
    expect(changed([grows], { n: 1 }, { n: 2 })).toEqual([]);
    expect(changed([grows], { n: 2 }, { n: 1 })).toEqual(['spec: Invalid value: "object": n only grows']);
  });

  it('with an optional oldSelf are asked of new objects too', () => {
    const rule = { rule: 'oldSelf.hasValue() || self.n == 1', optionalOldSelf: true };
    expect(wrongWith([rule], { n: 1 })).toEqual([]);
    expect(wrongWith([rule], { n: 2 })).toHaveLength(1);
    expect(changed([rule], { n: 1 }, { n: 2 })).toEqual([]);
  });

  it('find the older item of a list that is a map by its keys', () => {
    const n = { ...integer, ...rulesOf(['self >= oldSelf']) };
    const items = { ...FIELDS.items, items: { ...FIELDS.items.items, properties: { name: text, n } } };
    const more = { properties: { items } };
    const from = {
      items: [
        { name: 'a', n: 1 },
        { name: 'b', n: 5 },
      ],
    };
    expect(
      changed(
        [],
        from,
        {
          items: [
            { name: 'b', n: 6 },
            { name: 'c', n: 0 },
          ],
        },
        more,
      ),
    ).toEqual([]);
    expect(changed([], from, { items: [{ name: 'b', n: 4 }] }, more)).toEqual([
      'spec.items[0].n: Invalid value: "integer": failed rule: self >= oldSelf',
    ]);
  });

  it('and others are not held against what has not changed', () => {
    const s = { ...text, ...rulesOf(['self == "new"']) };
    const more = { properties: { s, n: integer } };
    expect(changed([], { s: 'old', n: 1 }, { s: 'old', n: 2 }, more)).toEqual([]);
    expect(changed([], { s: 'old' }, { s: 'older' }, more)).toHaveLength(1);
  });
});

describe('the cost of rules', () => {
  const quickly = (run: () => void): void => {
    const start = process.cpuUsage();
    run();
    expect(process.cpuUsage(start).user / 1000).toBeLessThan(2_000);
  };
  const list = Array.from({ length: 2_000 }, (_, i) => i);

  it.each([
    'self.list.all(a, self.list.all(b, self.list.all(c, a + b + c >= 0)))',
    'self.list.exists(a, self.list.exists(b, self.list.exists(c, a + b + c < 0)))',
    'self.list.map(a, self.list.map(b, self.list.map(c, c))).size() > 0',
    'self.list.map(a, self.s + self.s).map(x, x + x).map(x, x + x).map(x, x + x).size() > 0',
    'self.s.replace("", self.s).size() > 0',
    'self.list.all(a, self.s.matches("(x+x+)+y") == false)',
    '(self.list.all(a, self.list.all(b, self.list.all(c, true))) || true) && self.list.all(a, self.list.all(b, true))',
  ])('is bounded: %s', (rule) => {
    quickly(() => {
      const [message = ''] = wrongWith([rule], { list, s: 'x'.repeat(20_000) });
      expect(message).toContain(
        "'operation cancelled: actual cost limit exceeded': no further validation rules will be run due to call cost exceeds limit for rule",
      );
    });
  });

  it('is bounded for all rules together', () => {
    const n = {
      ...integer,
      ...rulesOf(
        Array.from({ length: 30 }, () => '[1,2,3,4,5,6,7,8,9,10].all(x, [1,2,3,4,5,6,7,8,9,10].all(y, x + y > 0))'),
      ),
    };
    const items = { type: 'array', items: { type: 'object', properties: { n } } };
    quickly(() => {
      const texts = wrongWith([], { items: list.map((i) => ({ n: i })) }, { properties: { items } });
      expect(texts).toHaveLength(1);
      expect(texts[0]).toContain('validation failed due to running out of cost budget');
    });
  });
});
