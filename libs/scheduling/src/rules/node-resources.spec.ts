import type { Container } from '@shiplog/contracts';
import { nodeWith, podWith, type NodeTraits, type PodTraits } from '../testing/builders';
import { balancedAllocation, leastAllocated, nodeResourcesFit } from './node-resources';

const verdict = (pod: PodTraits, node: NodeTraits = {}, on: PodTraits[] = []) =>
  nodeResourcesFit.check(podWith(pod))?.(nodeWith(node, on));
const asking = (cpu: string, more: Partial<Container> = {}): Container => ({
  name: `asks-${cpu}`,
  resources: { requests: { cpu } },
  ...more,
});

describe('NodeResourcesFit', () => {
  it('passes what exactly fills the node', () => {
    expect(verdict({ requests: { cpu: '3500m', memory: '8Gi' } }, {}, [{ requests: { cpu: '0.5' } }])).toBeUndefined();
  });

  it('names every resource that is short', () => {
    expect(verdict({ requests: { cpu: '4001m', memory: '9Gi' } })).toEqual(['Insufficient cpu', 'Insufficient memory']);
  });

  it('takes no more pods than the node allows, also when they ask for nothing', () => {
    const node = { allocatable: { pods: '1' } };
    expect(verdict({}, node)).toBeUndefined();
    expect(verdict({ requests: { cpu: '5' } }, node, [{}])).toEqual(['Too many pods', 'Insufficient cpu']);
  });

  it('knows ephemeral storage and resources that others have named', () => {
    const node = { allocatable: { 'ephemeral-storage': '10Gi', 'example.com/gpu': '2' } };
    expect(verdict({ requests: { 'ephemeral-storage': '10Gi', 'example.com/gpu': '2' } }, node)).toBeUndefined();
    expect(verdict({ requests: { 'example.com/gpu': '1' } })).toEqual(['Insufficient example.com/gpu']);
    expect(verdict({ requests: { 'example.com/gpu': '0' } })).toBeUndefined();
  });

  it('counts the init container that asks most, instead of the containers, when it asks for more', () => {
    const containers = [asking('1'), asking('2')];
    expect(verdict({ containers, initContainers: [asking('4')] })).toBeUndefined();
    expect(verdict({ containers, initContainers: [asking('5')] })).toEqual(['Insufficient cpu']);
  });

  it('counts a sidecar beside the containers and beside later init containers', () => {
    const sidecar = asking('1500m', { restartPolicy: 'Always' });
    expect(verdict({ containers: [asking('3')], initContainers: [sidecar] })).toEqual(['Insufficient cpu']);
    expect(verdict({ containers: [asking('1')], initContainers: [sidecar, asking('3')] })).toEqual([
      'Insufficient cpu',
    ]);
    expect(verdict({ containers: [asking('1')], initContainers: [asking('3'), sidecar] })).toBeUndefined();
  });

  it('adds the overhead, and takes requests of the whole pod instead of those of containers', () => {
    expect(verdict({ requests: { cpu: '4' }, overhead: { cpu: '1m' } })).toEqual(['Insufficient cpu']);
    expect(verdict({ requests: { cpu: '5' }, resources: { requests: { cpu: '4' } } })).toBeUndefined();
  });

  it('takes capacity for allocatable where a node does not say', () => {
    expect(verdict({ requests: { cpu: '2' } }, { capacity: { cpu: '2', pods: '10' } })).toBeUndefined();
  });
});

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
