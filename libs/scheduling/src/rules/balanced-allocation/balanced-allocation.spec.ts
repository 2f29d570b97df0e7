import { nodeWith, podWith } from '../../testing/builders';
import { balancedAllocation } from './balanced-allocation';

describe('NodeResourcesBalancedAllocation', () => {
  it('is best where cpu and memory would be asked for to the same degree', () => {
    const rate = balancedAllocation.rate(podWith({ requests: { cpu: '1', memory: '2Gi' } }));
    expect(rate?.(nodeWith())).toBe(100);
    expect(rate?.(nodeWith({}, [{ requests: { cpu: '2' } }]))).toBe(75);
  });
  it('has nothing to say of a pod that asks for neither', () => {
    expect(balancedAllocation.rate(podWith())).toBeUndefined();
  });
});
