import { nodeWith, podWith } from '../../testing/builders';
import { preferUntainted } from './prefer-untainted';

const taints = [
  { key: 'slow', effect: 'PreferNoSchedule' },
  { key: 'old', effect: 'PreferNoSchedule' },
  { key: 'gpu', effect: 'NoSchedule' },
];

describe('PreferUntainted', () => {
  it('counts the PreferNoSchedule taints that are not tolerated', () => {
    expect(preferUntainted.rate(podWith())?.(nodeWith({ taints }))).toBe(2);
    const tolerations = [{ key: 'slow', operator: 'Exists' }];
    expect(preferUntainted.rate(podWith({ tolerations }))?.(nodeWith({ taints }))).toBe(1);
  });
});
