import type { StoredObject } from '@shiplog/contracts';
import { renderNodeMetrics, renderPodMetrics } from './metrics';

const NOW = Date.parse('2026-01-01T00:01:00Z');
const usage = { time: '2026-01-01T00:00:50.123Z', nanoCores: 123_456_789, windowMs: 15_250, memoryBytes: 2 ** 22 };
const object = (fields: object): StoredObject =>
  ({ metadata: { name: 'web', uid: 'u1', resourceVersion: '7', labels: { app: 'web' }, ...fields } }) as never;

describe('resource metrics', () => {
  it('of a node are its usage at a moment', () => {
    expect(renderNodeMetrics(object({}), usage, NOW)).toEqual({
      kind: 'NodeMetrics',
      apiVersion: 'metrics.k8s.io/v1beta1',
      metadata: { name: 'web', creationTimestamp: '2026-01-01T00:01:00Z', labels: { app: 'web' } },
      timestamp: '2026-01-01T00:00:50Z',
      window: '15.25s',
      usage: { cpu: '123456789n', memory: '4Mi' },
    });
  });

  it('of a pod are of the earliest moment and the longest time of its containers', () => {
    const other = {
      ...usage,
      time: '2026-01-01T00:00:40Z',
      windowMs: 5_000,
      nanoCores: 250_000_000,
      memoryBytes: 1_001,
    };
    const containers = [
      { name: 'a', ...usage },
      { name: 'b', ...other },
    ];
    expect(renderPodMetrics(object({ namespace: 'default', labels: undefined }), containers, NOW)).toEqual({
      kind: 'PodMetrics',
      apiVersion: 'metrics.k8s.io/v1beta1',
      metadata: { name: 'web', namespace: 'default', creationTimestamp: '2026-01-01T00:01:00Z' },
      timestamp: '2026-01-01T00:00:40Z',
      window: '15.25s',
      containers: [
        { name: 'a', usage: { cpu: '123456789n', memory: '4Mi' } },
        { name: 'b', usage: { cpu: '250m', memory: '1001' } },
      ],
    });
    expect(renderPodMetrics(object({}), [], NOW)).toBeUndefined();
  });

  it.each([
    [0, '0'],
    [1_000, '1u'],
    [2_000_000_000, '2'],
    [1_500_000_000, '1500m'],
  ])('write %i billionths of a processor as %s', (nanoCores, cpu) => {
    expect(renderNodeMetrics(object({}), { ...usage, nanoCores }, NOW)).toMatchObject({ usage: { cpu } });
  });
});
