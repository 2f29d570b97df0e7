import { builtIn } from '@shiplog/contracts';
import { DEFINITIONS } from '@shiplog/apimachinery';
import { aDefinition } from '../../../apimachinery/src/testing/definitions';
import { admitCreate } from '../create';
import { admission } from '../testing/builders';

const AT = 'spec.validation.openAPIV3Schema.properties[spec]';
const text = { type: 'string' };
const integer = { type: 'integer' };

function wrongWith(spec: object): string[] {
  const openAPIV3Schema = { type: 'object', properties: { spec } };
  const versions = [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema } }];
  const result = admitCreate(builtIn(DEFINITIONS), aDefinition({ versions }), admission());
  return result.ok ? [] : (result.status.details?.causes ?? []).map(({ field, message }) => `${field}: ${message}`);
}

const FIELDS = {
  n: integer,
  s: { ...text, maxLength: 100 },
  long: text,
  few: { type: 'array', maxItems: 10, items: { ...text, maxLength: 20 } },
  many: { type: 'array', items: text },
  labels: { type: 'object', additionalProperties: text },
};
const withRule = (rule: object | string) => {
  const of = typeof rule === 'string' ? { rule } : rule;
  return wrongWith({ type: 'object', properties: FIELDS, 'x-kubernetes-validations': [of] });
};
const GO = (rule: string) =>
  `apiextensions.ValidationRule{Rule:${JSON.stringify(rule)}, Message:"", MessageExpression:"", Reason:(*apiextensions.FieldValueErrorReason)(nil), FieldPath:"", OptionalOldSelf:(*bool)(nil)}`;
const RULE = `${AT}.x-kubernetes-validations[0]`;

describe('the rules of a definition', () => {
  it.each([
    'self.n > 1',
    'self.s == "a" || self.few.all(x, x.startsWith("a"))',
    { rule: 'self.n > 1', message: 'm', messageExpression: '"n is " + string(self.n)', reason: 'FieldValueForbidden', fieldPath: '.n' },
    { rule: 'oldSelf.n == self.n' },
    { rule: '!oldSelf.hasValue() || oldSelf.value().n == self.n', optionalOldSelf: true },
    'has(self.labels) && size(self.labels) < 5',
  ])('are admitted: %j', (rule) => {
    expect(withRule(rule)).toEqual([]);
  }); // prettier-ignore

  it.each<[object | string, string]>([
    [{ rule: ' ' }, `${RULE}.rule: Required value: rule is not specified`],
    [{ rule: 'true', message: ' ' }, `${RULE}.message: Invalid value: " ": message must be non-empty if specified`],
    [{ rule: 'true', message: 'a\nb' }, `${RULE}.message: Invalid value: "a\\nb": message must not contain line breaks`],
    [{ rule: 'true\n&& true' }, `${RULE}.message: Required value: message must be specified if rule contains line breaks`],
    [{ rule: 'true', reason: 'Odd' }, `${RULE}.reason: Unsupported value: "Odd": supported values: "FieldValueDuplicate", "FieldValueForbidden", "FieldValueInvalid", "FieldValueRequired"`],
    [{ rule: 'true', fieldPath: '.none' }, `${RULE}.fieldPath: Invalid value: ".none": fieldPath must be a valid path: does not refer to a valid field`],
    ['self.n', `${RULE}.rule: Invalid value: ${GO('self.n')}: cel expression must evaluate to a bool`],
    ['self.none == 1', `${RULE}.rule: Invalid value: ${GO('self.none == 1')}: compilation failed: ERROR: <input>:1:6: undefined field 'none'\n | self.none == 1\n | .....^`],
    ['other == 1', `${RULE}.rule: Invalid value: ${GO('other == 1')}: compilation failed: ERROR: <input>:1:1: undeclared reference to 'other' (in container '')\n | other == 1\n | ^`],
    ['self.n == ', `${RULE}.rule: Invalid value: ${GO('self.n == ')}: compilation failed: ERROR: <input>:1:11: Syntax error: Unexpected token: EOF\n | self.n == \n | ..........^`],
    [{ rule: 'true', optionalOldSelf: true }, `${RULE}.optionalOldSelf: Invalid value: true: may not be set if oldSelf is not used in rule`],
  ])('are refused: %j', (rule, message) => {
    expect(withRule(rule)).toEqual([message]);
  }); // prettier-ignore

  it('may not speak of what items were that nothing tells apart', () => {
    const item = { ...integer, 'x-kubernetes-validations': [{ rule: 'self >= oldSelf' }] };
    expect(wrongWith({ type: 'object', properties: { list: { type: 'array', maxItems: 5, items: item } } })).toEqual([
      `${AT}.properties[list].items.x-kubernetes-validations[0].rule: Invalid value: "self >= oldSelf": oldSelf cannot be used on the uncorrelatable portion of the schema within ${AT}.properties[list]`,
    ]);
  });
});

describe('a default', () => {
  it('must be what the rules of its schema allow', () => {
    const n = { ...integer, 'x-kubernetes-validations': [{ rule: 'self > 1', message: 'too small' }] };
    expect(wrongWith({ type: 'object', properties: { n: { ...n, default: 2 } } })).toEqual([]);
    expect(wrongWith({ type: 'object', properties: { n: { ...n, default: 1 } } })).toEqual([
      `${AT}.properties[n].default: Invalid value: "integer": too small`,
    ]);
  });
});

describe('the estimated cost of rules', () => {
  const EXCESS =
    'exceeds budget by factor of more than 100x (try simplifying the rule, or adding maxItems, maxProperties, and maxLength where arrays, maps, and strings are declared)';

  it.each([
    'self.many.all(x, x.contains("gpu"))',
    'self.many.all(x, self.many.exists(y, x == y))',
    'self.labels.all(k, k.matches("^[a-z]+$"))',
    'self.many.all(x, x.matches("a.*b.*c"))',
  ])('is too high: %s', (rule) => {
    expect(withRule(rule)).toEqual([
      `${RULE}.rule: Forbidden: estimated rule cost ${EXCESS}`,
      `${RULE}.rule: Forbidden: contributed to estimated rule cost total exceeding cost limit for entire OpenAPIv3 schema`,
      `spec.validation.openAPIV3Schema: Forbidden: x-kubernetes-validations estimated rule cost total for entire OpenAPIv3 schema ${EXCESS}`,
    ]);
  });

  it.each([
    'self.few.all(x, x.contains("gpu"))',
    'self.few.all(x, self.few.exists(y, x == y))',
    'self.s.matches("^[a-z]+$")',
    'self.long.startsWith("a")',
    'self.many.size() > 1',
  ])('is low enough: %s', (rule) => {
    expect(withRule(rule)).toEqual([]);
  });

  it('counts how often a rule may be asked', () => {
    const item = (more: object) => ({
      type: 'object',
      properties: {
        list: {
          type: 'array',
          ...more,
          items: { ...text, maxLength: 1000, 'x-kubernetes-validations': [{ rule: 'self.matches("^[a-z]+$")' }] },
        },
      },
    });
    expect(wrongWith(item({ maxItems: 100 }))).toEqual([]);
    expect(wrongWith(item({}))).not.toEqual([]);
  });

  it('of compiling them is bounded', () => {
    const rules = [{ rule: 'self.a == 1 && self.b == "x"' }];
    const item = {
      type: 'object',
      properties: { a: integer, b: { ...text, maxLength: 9 } },
      'x-kubernetes-validations': rules,
    };
    const properties = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, i) => [`f${i}`, item]));
    const took = (count: number): [number, string[]] => {
      const start = process.cpuUsage();
      const texts = wrongWith({ type: 'object', properties: properties(count) });
      return [process.cpuUsage(start).user / 1000, texts];
    };
    const [few, none] = took(300);
    expect(none).toEqual([]);
    expect(few).toBeLessThan(2_000);
    const [many, texts] = took(20_000);
    expect(texts).toEqual([
      'spec.validation.openAPIV3Schema: Forbidden: the rules of a schema may speak of 1000 objects at most',
    ]);
    expect(many).toBeLessThan(4_000);
  });
});
