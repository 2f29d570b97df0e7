import type { LabelSelector } from '@shiplog/contracts';
import { formatSelector } from './format';
import { matchesLabelSelector, matchesLabels } from './labels';
import { parseLabelSelector } from './parse-labels';

const requirement = (key: string, operator: string, values?: string[]) => ({
  key,
  operator,
  ...(values === undefined ? {} : { values }),
});

describe('a selector as text', () => {
  it.each<[string, LabelSelector | Record<string, string>, string]>([
    ['the map of the oldest kinds', { tier: 'a', app: 'web' }, 'app=web,tier=a'],
    ['a map with a label of an odd name', { matchLabels: 'x' }, 'matchLabels=x'],
    ['labels', { matchLabels: { tier: 'a', app: 'web' } }, 'app=web,tier=a'],
    [
      'requirements of every operator, in the order of their keys',
      {
        matchLabels: { m: '1' },
        matchExpressions: [
          requirement('z', 'In', ['b', 'a']),
          requirement('a', 'NotIn', ['c']),
          requirement('n', 'Exists'),
          requirement('l', 'DoesNotExist'),
        ],
      },
      'a notin (c),!l,m=1,n,z in (a,b)',
    ],
    ['nothing', {}, ''],
  ])('is made of %s', (_of, selector, text) => {
    expect(formatSelector(selector)).toBe(text);
  });

  it('chooses what the selector chooses', () => {
    const selector = {
      matchLabels: { app: 'web' },
      matchExpressions: [requirement('tier', 'NotIn', ['a', 'b']), requirement('old', 'DoesNotExist')],
    };
    const terms = parseLabelSelector(formatSelector(selector));
    const all: Record<string, string>[] = [{ app: 'web' }, { app: 'web', tier: 'a' }, { app: 'web', old: '' }, {}];
    for (const labels of all) {
      expect(terms.ok && matchesLabels(terms.value, labels)).toBe(matchesLabelSelector(selector, labels));
    }
  });
});
