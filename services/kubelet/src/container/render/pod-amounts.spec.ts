import type { PodSpec } from '@shiplog/contracts';
import { container, pod } from '../../testing/builders';
import { renderPodAmounts } from './pod-amounts';

const limited = (limits: Record<string, string>, requests = limits) => container({ resources: { limits, requests } });

describe('what the containers of a pod may take together', () => {
  it.each<[string, Partial<PodSpec>, unknown]>([
    ['nothing is asked', {}, { cpuShares: 2, cpuQuota: 0, memoryBytes: 0 }],
    [
      'all have limits: their sum',
      { containers: [limited({ cpu: '500m', memory: '64Mi' }), limited({ cpu: '1', memory: '64Mi' })] },
      { cpuShares: 1_536, cpuQuota: 150_000, memoryBytes: 2 ** 27 },
    ],
    [
      'not all have: no limit',
      { containers: [limited({ cpu: '1', memory: '64Mi' }), limited({ memory: '64Mi' })] },
      { cpuShares: 1_024, cpuQuota: 0, memoryBytes: 2 ** 27 },
    ],
    [
      'an init container has more than all others: that',
      { containers: [limited({ memory: '64Mi' })], initContainers: [limited({ memory: '1Gi' })] },
      { cpuShares: 2, cpuQuota: 0, memoryBytes: 2 ** 30 },
    ],
    [
      'the pod itself has limits: these, and its overhead',
      { containers: [container()], resources: { limits: { memory: '1Gi' } }, overhead: { memory: '1Gi' } },
      { cpuShares: 2, cpuQuota: 0, memoryBytes: 2 ** 31 },
    ],
  ])('where %s', (_, spec, expected) => {
    expect(renderPodAmounts(pod(spec))).toEqual(expected);
  });
});
