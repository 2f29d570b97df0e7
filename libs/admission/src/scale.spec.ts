import { builtIn, type KubeObject } from '@shiplog/contracts';
import { scaleOf } from './scale';

const selectorIn = (selector: unknown): unknown => {
  const object: KubeObject = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'x' }, spec: { selector } };
  return scaleOf(builtIn('replicationcontrollers').versions[0], object).status?.selector;
};

describe('the selector of a Scale', () => {
  it.each<[object, string]>([
    [{ b: '2', a: '1' }, 'a=1,b=2'],
    [{ matchLabels: { app: 'web' } }, 'app=web'],
    [
      {
        matchLabels: { app: 'web' },
        matchExpressions: [
          { key: 'tier', operator: 'In', values: ['b', 'a'] },
          { key: 'env', operator: 'NotIn', values: ['x'] },
          { key: 'on', operator: 'Exists' },
          { key: 'off', operator: 'DoesNotExist' },
        ],
      },
      '!off,app=web,env notin (x),on,tier in (a,b)',
    ],
  ])('of %j is a text', (selector, text) => {
    expect(selectorIn(selector)).toBe(text);
  });
});
