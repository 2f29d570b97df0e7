import { rejectionOf, valueOf } from '../testing/objects';
import { matchesLabelSelector, matchesLabels, matchesSelectorMap } from './labels';
import { parseLabelSelector } from './parse-labels';

const chooses = (selector: string, labels: Record<string, string>) =>
  matchesLabels(valueOf(parseLabelSelector(selector)), labels);

describe('label selectors', () => {
  it.each([
    ['', {}],
    ['a=1', { a: '1' }],
    ['a==1', { a: '1' }],
    ['a = 1 , b != 2', { a: '1' }],
    ['a in (1,2)', { a: '2' }],
    ['a in (1, 2),b notin (3)', { a: '1', b: '4' }],
    ['a notin (1)', {}],
    ['a', { a: '' }],
    ['!a', { b: '1' }],
    ['a=', { a: '' }],
    ['app.kubernetes.io/name=web', { 'app.kubernetes.io/name': 'web' }],
    ['a>3', { a: '4' }],
    ['a<3', { a: '2' }],
  ])('%j chooses %j', (selector, labels) => {
    expect(chooses(selector, labels)).toBe(true);
  });

  it.each([
    ['a=1', {}],
    ['a!=1', { a: '1' }],
    ['a in (1,2)', { a: '3' }],
    ['a in (1)', {}],
    ['a notin (1)', { a: '1' }],
    ['a', {}],
    ['!a', { a: '1' }],
    ['a=1,b=2', { a: '1' }],
    ['a>3', { a: '3' }],
    ['a<3', { a: 'x' }],
    ['toString', {}],
  ])('%j does not choose %j', (selector, labels) => {
    expect(chooses(selector, labels)).toBe(false);
  });

  const OPERATORS = 'in, notin, =, ==, !=, gt, lt';
  const IDENTIFIER = "found '%', expected: identifier";
  it.each([
    ['a in 1', "unable to parse requirement: found '1' expected: '('"],
    ['a=b=c', "found '=', expected: ',' or 'end of string'"],
    ['(a)', "found '(', expected: !, identifier, or 'end of string'"],
    ['a,,b', "found ',', expected: identifier after ','"],
    ['a,', "found '', expected: identifier after ','"],
    ['=b', "found '=', expected: !, identifier, or 'end of string'"],
    ['a in (b', "unable to parse requirement: found '', expected: ',' or ')'"],
    ['a in (b c)', "unable to parse requirement: found 'c', expected: ',' or ')'"],
    ['a in (=)', "unable to parse requirement: found '=', expected: ',', ')' or identifier"],
    ['a in (b,=)', "unable to parse requirement: found '=', expected: ',', or identifier"],
    ['a b', `unable to parse requirement: found 'b', expected: ${OPERATORS}`],
    ['a (b)', `unable to parse requirement: found '(', expected: ${OPERATORS}`],
    ['!', `unable to parse requirement: ${IDENTIFIER.replace('%', '')}`],
    ['!=a', "found '!=', expected: !, identifier, or 'end of string'"],
    ['a=(', `unable to parse requirement: ${IDENTIFIER.replace('%', '(')}`],
    ['a=b c', "found 'c', expected: ',' or 'end of string'"],
    [
      '-a=1',
      "unable to parse requirement: <nil>: Invalid value: \"-a\": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')",
    ],
    [
      'a=-b',
      "unable to parse requirement: values[0][a]: Invalid value: \"-b\": a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')",
    ],
    [
      'a>b',
      "unable to parse requirement: values[0]: Invalid value: \"b\": for 'Gt', 'Lt' operators, the value must be an integer",
    ],
  ])('%j is refused with a 400 that says which token was found', (selector, message) => {
    expect(rejectionOf(parseLabelSelector(selector))).toMatchObject({ code: 400, message });
  });

  it.each([
    ['in in (in,notin)', { in: 'notin' }],
    ['a in ()', { a: '' }],
    ['a in (,b)', { a: '' }],
    ['a in (b,)', { a: '' }],
    ['a in (b,,c)', { a: '' }],
    ['a=,b', { a: '', b: '1' }],
    ['!a,b', { b: '1' }],
  ])('%j is read as Kubernetes reads it: it chooses %j', (selector, labels) => {
    expect(chooses(selector, labels)).toBe(true);
  });

  it('as objects: an absent one chooses nothing, an empty one everything', () => {
    expect(matchesLabelSelector(undefined, { a: '1' })).toBe(false);
    expect(matchesLabelSelector({}, undefined)).toBe(true);
    const both = { matchLabels: { a: '1' }, matchExpressions: [{ key: 'b', operator: 'NotIn', values: ['2'] }] };
    expect(matchesLabelSelector(both, { a: '1', b: '3' })).toBe(true);
    expect(matchesLabelSelector(both, { a: '1', b: '2' })).toBe(false);
    expect(matchesLabelSelector({ matchExpressions: [{ key: 'b', operator: 'DoesNotExist' }] }, { b: '' })).toBe(false);
  });

  it('as plain maps: an empty one chooses nothing', () => {
    expect(matchesSelectorMap({}, { a: '1' })).toBe(false);
    expect(matchesSelectorMap({ a: '1' }, { a: '1', b: '2' })).toBe(true);
    expect(matchesSelectorMap({ a: '1' }, undefined)).toBe(false);
  });
});
