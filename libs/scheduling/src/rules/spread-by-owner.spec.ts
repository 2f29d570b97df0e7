import { nodeWith, podWith } from '../testing/builders';
import { spreadByOwner } from './spread-by-owner';

describe('SpreadByOwner', () => {
  it('counts the pods of the same owner', () => {
    const rate = spreadByOwner.rate(podWith({ owner: 'web' }));
    expect(rate?.(nodeWith({}, [{ owner: 'web' }, { owner: 'web' }, { owner: 'db' }, {}]))).toBe(2);
    expect(rate?.(nodeWith())).toBe(0);
  });
  it('has nothing to say of a pod of its own', () => {
    expect(spreadByOwner.rate(podWith())).toBeUndefined();
  });
});
