import { DEFAULT_POLICY, policyOf } from './policy';

describe('policies', () => {
  it('keeps default/1 as it is in the log: rules, order and weights', () => {
    const { filters, scores } = policyOf('default/1');
    expect(filters.map(({ name }) => name)).toEqual([
      'NodeUnschedulable',
      'NodeName',
      'TaintToleration',
      'NodeAffinity',
      'NodePorts',
      'NodeResourcesFit',
    ]);
    expect(scores.map(({ rule, weight }) => [rule.name, weight])).toEqual([
      ['NodeResourcesLeastAllocated', 1],
      ['NodeResourcesBalancedAllocation', 1],
      ['SpreadByOwner', 2],
      ['PreferredNodeAffinity', 2],
      ['PreferUntainted', 3],
    ]);
  });
  it('knows the default, and says which there are when asked for another', () => {
    expect(policyOf(DEFAULT_POLICY).id).toBe(DEFAULT_POLICY);
    expect(() => policyOf('default/0')).toThrow('no scheduling policy is called default/0; known are default/1');
  });
});
