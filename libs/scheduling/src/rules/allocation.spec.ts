import type { Score } from '../rule';
import { nodeWith, podWith, type PodTraits } from '../testing/builders';
import { leastAllocatedOf, mostAllocatedOf, requestedToCapacityRatioOf } from './allocation';
import { leastAllocated } from './node-resources';

const GPU = 'x.io/gpu';
const rated = (score: Score, allocatable: Record<string, string>, there: PodTraits[], pod: PodTraits) =>
  score.rate(podWith(pod))?.(nodeWith({ allocatable }, there));
const HALF = { requests: { cpu: '2', memory: '4Gi' } };
const QUARTER = { requests: { cpu: '1', memory: '2Gi' } };

describe('rating by what is allocated', () => {
  it('prefers what is left, what is taken, or what a shape says', () => {
    expect(rated(leastAllocatedOf(), {}, [HALF], QUARTER)).toBe(25);
    expect(rated(leastAllocated, {}, [HALF], QUARTER)).toBe(25);
    expect(rated(mostAllocatedOf(), {}, [HALF], QUARTER)).toBe(75);
    const shape = [
      { utilization: 0, score: 0 },
      { utilization: 50, score: 10 },
      { utilization: 100, score: 0 },
    ];
    expect(rated(requestedToCapacityRatioOf(shape), {}, [HALF], QUARTER)).toBe(50);
    expect(rated(requestedToCapacityRatioOf(shape), {}, [QUARTER], QUARTER)).toBe(100);
  });

  it('weighs resources, and of what there is none says nothing', () => {
    const resources = [
      { name: 'cpu', weight: 3 },
      { name: 'memory', weight: 1 },
    ];
    const pod = { requests: { cpu: '4', memory: '2Gi' } };
    expect(rated(mostAllocatedOf(resources), {}, [], pod)).toBe(Math.floor((300 + 25) / 4));
    expect(rated(mostAllocatedOf(resources), { memory: '0' }, [], pod)).toBe(100);
    expect(rated(mostAllocatedOf([{ name: GPU, weight: 1 }]), {}, [], { requests: { [GPU]: '1' } })).toBe(0);
  });

  it('counts devices only for pods that ask for them', () => {
    const score = mostAllocatedOf([
      { name: 'cpu', weight: 1 },
      { name: GPU, weight: 1 },
    ]);
    const there = [{ requests: { [GPU]: '2', cpu: '0', memory: '0' } }];
    expect(rated(score, { [GPU]: '4' }, there, { requests: { cpu: '2' } })).toBe(50);
    expect(rated(score, { [GPU]: '4' }, there, { requests: { cpu: '2', [GPU]: '1' } })).toBe(62);
  });

  it('takes a node that would be more than full for one that is full', () => {
    const over = { requests: { cpu: '8', memory: '16Gi' } };
    expect(rated(leastAllocatedOf(), {}, [], over)).toBe(0);
    expect(rated(mostAllocatedOf(), {}, [], over)).toBe(100);
    expect(rated(requestedToCapacityRatioOf([{ utilization: 90, score: 7 }]), {}, [], over)).toBe(70);
  });
});
