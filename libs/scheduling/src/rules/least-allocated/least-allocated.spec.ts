import { nodeWith, podWith } from '../../testing/builders';
import { leastAllocated } from './least-allocated';

const rate = leastAllocated.rate(podWith({ requests: { cpu: '1', memory: '2Gi' } }));

describe('NodeResourcesLeastAllocated', () => {
  it('gives the part of cpu and memory that would be left, on average', () => {
    expect(rate?.(nodeWith())).toBe(75);
    expect(rate?.(nodeWith({}, [{ requests: { cpu: '3', memory: '0' } }]))).toBe(37);
  });
  it('takes pods that ask for nothing to use a little, so that they spread too', () => {
    const idle = leastAllocated.rate(podWith());
    expect(idle?.(nodeWith({}, [{}, {}, {}, {}]))).toBeLessThan(idle?.(nodeWith()) ?? 0);
  });
  it('gives nothing for a node that offers neither', () => {
    expect(rate?.(nodeWith({ capacity: { pods: '10' } }))).toBe(0);
  });
});
