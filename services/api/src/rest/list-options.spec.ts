import { checkListOptions } from './list-options';
import type { Query } from './options';

describe('the options of a list', () => {
  const told = (query: Query, isWatch = false) => {
    try {
      checkListOptions(query, isWatch);
      return '';
    } catch (error) {
      return (error as Error).message.replace('ListOptions.meta.k8s.io "" is invalid: ', '');
    }
  };

  it.each<[Query, string]>([
    [{}, ''],
    [{ resourceVersion: '1', resourceVersionMatch: 'Exact' }, ''],
    [
      { resourceVersionMatch: 'Exact' },
      'Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided',
    ],
    [
      { resourceVersion: '1', resourceVersionMatch: 'Exact', continue: 'x' },
      'Forbidden: resourceVersionMatch is forbidden when continue is provided',
    ],
    [
      { resourceVersion: '0', resourceVersionMatch: 'Exact' },
      'Forbidden: resourceVersionMatch "exact" is forbidden for resourceVersion "0"',
    ],
    [
      { resourceVersion: '1', resourceVersionMatch: 'X' },
      'Unsupported value: "X": supported values: "Exact", "NotOlderThan", ""',
    ],
  ])('%j: %s', (query, problem) => {
    expect(told(query)).toBe(problem === '' ? '' : `resourceVersionMatch: ${problem}`);
  });

  it('do not ask for events', () => {
    expect(told({ sendInitialEvents: 'false' })).toBe(
      'sendInitialEvents: Forbidden: sendInitialEvents is forbidden for list',
    );
  });

  it.each<[Query, string]>([
    [{ sendInitialEvents: 'true', resourceVersionMatch: 'NotOlderThan' }, ''],
    [
      { sendInitialEvents: 'true' },
      'Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan',
    ],
    [
      { resourceVersionMatch: 'NotOlderThan' },
      'Forbidden: resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided',
    ],
  ])('of a watch %j: %s', (query, problem) => {
    expect(told(query, true)).toBe(problem === '' ? '' : `resourceVersionMatch: ${problem}`);
  });
});
