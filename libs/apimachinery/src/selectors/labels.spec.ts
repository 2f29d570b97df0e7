import { rejectionOf, valueOf } from '../testing/objects';
import { matchesLabelSelector, matchesLabels, matchesSelectorMap, parseLabelSelector } from './labels';

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

  it.each(['a in 1', 'a=b=c', '(a)', 'a,,b', '=b', 'a in (b', '-a=1', 'a=b c'])(
    '%j is refused with a 400',
    (selector) => {
      const { code, message } = rejectionOf(parseLabelSelector(selector));
      expect(code).toBe(400);
      expect(message).toMatch(/^unable to parse requirement/);
    },
  );

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
