import type { PodUsage } from '../domain/usage';
import { renderResourceMetrics } from './resource-metrics';
import { renderSummary } from './stats-summary';
import { renderNodeUsage } from './usage';

const memory = { usageBytes: 4_096, workingSetBytes: 2_048, rssBytes: 1_024, pageFaults: 3, majorPageFaults: 1 };
const cpuRate = { nanoCores: 250_000_000, windowMs: 15_000.4 };
const usage = { time: Date.parse('2026-01-01T00:00:10Z'), cpuNanoseconds: 1_500_000_000, cpuRate, memory };
const container = { ...usage, name: 'main', containerId: 'c1', startedAt: '2026-01-01T00:00:00.5Z' };
const pod: PodUsage = {
  ...usage,
  pod: { uid: 'u1', namespace: 'default', name: 'web' },
  containers: [container],
  processes: 2,
};
const fileSystem = { capacityBytes: 100, availableBytes: 40, usedBytes: 60, inodes: 10, inodesFree: 7 };
const node = { name: 'n1', bootedAt: 0, memoryBytes: 10_000, fileSystem, now: usage.time };

describe('usage as it is told', () => {
  it('is a line of Prometheus for each container, pod and the node', () => {
    expect(
      renderResourceMetrics(usage, [pod])
        .split('\n')
        .filter((line) => !line.startsWith('#')),
    ).toEqual([
      'container_cpu_usage_seconds_total{container="main",namespace="default",pod="web"} 1.5 1767225610000',
      'container_memory_working_set_bytes{container="main",namespace="default",pod="web"} 2048 1767225610000',
      'container_start_time_seconds{container="main",namespace="default",pod="web"} 1767225600.5',
      'node_cpu_usage_seconds_total 1.5 1767225610000',
      'node_memory_working_set_bytes 2048 1767225610000',
      'pod_cpu_usage_seconds_total{namespace="default",pod="web"} 1.5 1767225610000',
      'pod_memory_working_set_bytes{namespace="default",pod="web"} 2048 1767225610000',
      'resource_scrape_error 0',
      '',
    ]);
    expect(renderResourceMetrics(undefined, [])).toMatch(
      /^# HELP resource_scrape_error .*\n# TYPE .* gauge\nresource_scrape_error 1\n$/,
    );
  });

  it('is the summary of a kubelet', () => {
    const cpu = { time: '2026-01-01T00:00:10Z', usageNanoCores: 250_000_000, usageCoreNanoSeconds: 1_500_000_000 };
    const told = { time: '2026-01-01T00:00:10Z', ...memory };
    expect(renderSummary({ ...node, usage }, [pod])).toEqual({
      node: {
        nodeName: 'n1',
        startTime: '1970-01-01T00:00:00Z',
        cpu,
        memory: { ...told, availableBytes: 7_952 },
        fs: { time: '2026-01-01T00:00:10Z', ...fileSystem, inodesUsed: 3 },
      },
      pods: [
        {
          podRef: { name: 'web', namespace: 'default', uid: 'u1' },
          startTime: '2026-01-01T00:00:00Z',
          containers: [{ name: 'main', startTime: '2026-01-01T00:00:00Z', cpu, memory: told }],
          cpu,
          memory: told,
          process_stats: { process_count: 2 },
        },
      ],
    });
  });

  it('is told to other services once there is a rate', () => {
    const told = { time: '2026-01-01T00:00:10.000Z', nanoCores: 250_000_000, windowMs: 15_000, memoryBytes: 2_048 };
    const unknown = { ...usage, cpuRate: undefined };
    expect(renderNodeUsage(usage, [pod])).toEqual({
      node: told,
      pods: [{ uid: 'u1', containers: [{ name: 'main', ...told }] }],
    });
    const young = { ...pod, containers: [{ ...container, cpuRate: undefined }] };
    expect(renderNodeUsage(unknown, [young])).toEqual({ pods: [{ uid: 'u1', containers: [] }] });
    expect(renderNodeUsage(undefined, [])).toEqual({ pods: [] });
  });
});
