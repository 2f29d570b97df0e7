import { nodeWith, podWith } from '../../testing/builders';
import { preferredNodeAffinity } from './preferred-node-affinity';

const prefers = (weight: number, key: string) => ({
  weight,
  preference: { matchExpressions: [{ key, operator: 'Exists' }] },
});

describe('PreferredNodeAffinity', () => {
  it('adds up the weights of the terms that match', () => {
    const preferredDuringSchedulingIgnoredDuringExecution = [prefers(10, 'ssd'), prefers(5, 'zone'), prefers(1, 'gpu')];
    const pod = podWith({ affinity: { nodeAffinity: { preferredDuringSchedulingIgnoredDuringExecution } } });
    expect(preferredNodeAffinity.rate(pod)?.(nodeWith({ labels: { ssd: '', gpu: '' } }))).toBe(11);
  });
  it('has nothing to say of a pod that prefers nothing', () => {
    expect(preferredNodeAffinity.rate(podWith())).toBeUndefined();
  });
});
