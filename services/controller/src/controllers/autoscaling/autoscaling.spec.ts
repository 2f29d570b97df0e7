import fc from 'fast-check';
import type { HorizontalPodAutoscalerStatus } from '@shiplog/contracts';
import { isPodActive } from '../../domain/pods';
import { TestCluster } from '../../testing/cluster';
import { historiesPatienceMs, holdThroughHistories } from '../../testing/histories';
import { replicationController } from '../replication/controller';
import { AutoscalingController } from './controller';
import { AUTOSCALER_DEFAULTS } from './settings';
import { NO_ADAPTER, type ContainerUsage, type CustomMetrics, type MetricSources } from './sources';

const AUTOSCALERS = 'horizontalpodautoscalers.autoscaling';
const RC = 'replicationcontrollers';
const labels = { app: 'web' };

/** Kubelets as a spec wishes: thousandths of a processor that each pod uses; undefined: none of them answers. */
class Usage implements MetricSources {
  milliCores: number | undefined;
  custom: CustomMetrics = NO_ADAPTER;

  constructor(private readonly now: () => number) {}

  usageOf: MetricSources['usageOf'] = (_state, pods) => {
    const { milliCores } = this;
    if (milliCores === undefined) return Promise.resolve(new Map());
    const time = new Date(this.now()).toISOString();
    const used: ContainerUsage = {
      name: 'main',
      time,
      nanoCores: milliCores * 1_000_000,
      windowMs: 15_000,
      memoryBytes: 2 ** 20,
    };
    return Promise.resolve(new Map(pods.map(({ metadata }) => [metadata.uid, [used]])));
  };
}

const controllerOf = (cluster: TestCluster, usage: Usage) =>
  new AutoscalingController(
    usage,
    ({ resource, namespace, name }) => Promise.resolve(cluster.journal.get(resource, namespace, name) ?? null),
    AUTOSCALER_DEFAULTS,
  );

const web = (replicas: number) => ({
  metadata: { name: 'web' },
  spec: {
    replicas,
    selector: labels,
    template: {
      metadata: { labels },
      spec: { containers: [{ name: 'main', image: 'nginx', resources: { requests: { cpu: '100m' } } }] },
    },
  },
});
const autoscaler = (spec: object = {}) => ({
  metadata: { name: 'web' },
  spec: {
    scaleTargetRef: { apiVersion: 'v1', kind: 'ReplicationController', name: 'web' },
    minReplicas: 1,
    maxReplicas: 10,
    metrics: [{ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 50 } } }],
    ...spec,
  },
});

/** Every pod runs, and is ready since its start, an hour ago. */
async function run(cluster: TestCluster): Promise<void> {
  for (const { metadata, status } of cluster.journal.list('pods')) {
    if (status?.phase === 'Running') continue;
    const since = new Date(cluster.clock - 3_600_000).toISOString();
    const conditions = [{ type: 'Ready', status: 'True', lastTransitionTime: since }];
    await cluster.patch(
      'pods',
      metadata.name,
      { status: { phase: 'Running', startTime: since, conditions } },
      'status',
    );
  }
}

describe('HorizontalPodAutoscalers over a journal', () => {
  let cluster: TestCluster;
  let usage: Usage;
  beforeEach(async () => {
    cluster = new TestCluster();
    usage = new Usage(() => cluster.clock);
    await cluster.create('namespaces', { metadata: { name: 'default' } });
    cluster.run(replicationController);
  });
  afterEach(() => cluster.stop());

  const start = async (replicas: number, spec: object = {}): Promise<void> => {
    await cluster.create(RC, web(replicas));
    await cluster.settle();
    await run(cluster);
    await cluster.create(AUTOSCALERS, autoscaler(spec));
    cluster.run(controllerOf(cluster, usage));
    await cluster.settle();
  };
  const later = async (seconds = 15): Promise<void> => {
    await cluster.pass(seconds);
    await run(cluster);
    await cluster.settle();
  };
  const replicas = () => cluster.journal.get(RC, 'default', 'web')?.spec?.replicas;
  const statusOf = (): HorizontalPodAutoscalerStatus | undefined =>
    cluster.journal.get(AUTOSCALERS, 'default', 'web')?.status;
  const condition = (type: string) => {
    const { status, reason, message } = statusOf()?.conditions?.find((one) => one.type === type) ?? {};
    return { status, reason, message };
  };

  it('make more pods where they are used more, at once and never more than the most', async () => {
    usage.milliCores = 100;
    await start(2);
    expect(replicas()).toBe(4);
    expect(statusOf()).toMatchObject({
      currentReplicas: 2,
      desiredReplicas: 4,
      lastScaleTime: expect.any(String) as string,
      currentMetrics: [{ resource: { name: 'cpu', current: { averageUtilization: 100, averageValue: '100m' } } }],
    });
    expect(condition('AbleToScale')).toEqual({
      status: 'True',
      reason: 'SucceededRescale',
      message: 'the HPA controller was able to update the target scale to 4',
    });
    expect(condition('ScalingActive')).toEqual({
      status: 'True',
      reason: 'ValidMetricFound',
      message:
        'the HPA was able to successfully calculate a replica count from cpu resource utilization (percentage of request)',
    });
    expect(cluster.notes).toContainEqual(
      expect.objectContaining({
        type: 'Normal',
        reason: 'SuccessfulRescale',
        message: 'New size: 4; reason: cpu resource utilization (percentage of request) above target',
        component: 'horizontal-pod-autoscaler',
      }),
    );
    for (let i = 0; i < 3; i++) await later();
    expect(replicas()).toBe(10);
    expect(condition('ScalingLimited')).toMatchObject({ status: 'True', reason: 'TooManyReplicas' });
  });

  it('record with the change what it was concluded from', async () => {
    usage.milliCores = 100;
    await start(2);
    const change = cluster.log.find(({ resource, fact }) => resource === RC && fact === 'ReplicasChanged');
    expect(change?.data).toMatchObject({
      facts: { from: 2, to: 4 },
      reconciled: {
        by: 'horizontal-pod-autoscaling',
        key: 'default/web',
        observed: {
          metrics: [{ ok: true, replicas: 4, status: { resource: { current: { averageUtilization: 100 } } } }],
          memory: { recommended: [], rescaled: [] },
        },
      },
    });
  });

  it('make fewer when they have been used less for five minutes', async () => {
    usage.milliCores = 10;
    await start(4);
    expect(replicas()).toBe(4);
    expect(condition('AbleToScale')).toMatchObject({ status: 'True', reason: 'ScaleDownStabilized' });
    await later(290);
    expect(replicas()).toBe(4);
    await later(20);
    expect(replicas()).toBe(1);
    expect(cluster.notes.at(-1)?.message).toBe('New size: 1; reason: All metrics below target');
  });

  it('write nothing while pods are used about as much as is aimed at', async () => {
    usage.milliCores = 50;
    await start(3);
    expect(condition('AbleToScale')).toMatchObject({ reason: 'ReadyForNewScale' });
    const quiet = cluster.log.length;
    for (const milliCores of [51, 49, 52, 50]) {
      usage.milliCores = milliCores;
      await later();
    }
    expect(cluster.log).toHaveLength(quiet);
    expect(replicas()).toBe(3);
  });

  it('keep to their own rules', async () => {
    usage.milliCores = 100;
    const scaleUp = { policies: [{ type: 'Pods', value: 1, periodSeconds: 60 }] };
    await start(2, { behavior: { scaleUp, scaleDown: { stabilizationWindowSeconds: 0 } } });
    expect(replicas()).toBe(3);
    await later();
    expect(replicas()).toBe(3);
    expect(condition('ScalingLimited')).toMatchObject({ status: 'True', reason: 'ScaleUpLimit' });
    await later(60);
    expect(replicas()).toBe(4);
    usage.milliCores = 10;
    await later();
    expect(replicas()).toBe(1);
  });

  it.each([
    [12, 10, 'Current number of replicas above Spec.MaxReplicas'],
    [1, 2, 'Current number of replicas below Spec.MinReplicas'],
  ])('bring %i pods into range, to %i, whatever they use', async (before, after, reason) => {
    await start(before, { minReplicas: 2 });
    expect(replicas()).toBe(after);
    expect(cluster.notes.at(-1)?.message ?? '').toBe(`New size: ${after}; reason: ${reason}`);
  });

  it('leave alone what somebody turned off', async () => {
    usage.milliCores = 100;
    await start(0);
    expect(replicas()).toBe(0);
    expect(condition('ScalingActive')).toEqual({
      status: 'False',
      reason: 'ScalingDisabled',
      message: 'scaling is disabled since the replica count of the target is zero',
    });
    const quiet = cluster.log.length;
    await later();
    expect(cluster.log).toHaveLength(quiet);
  });

  it('say what they lack', async () => {
    await start(2);
    const why = 'unable to get metrics for resource cpu: no metrics returned from resource metrics API';
    expect(condition('ScalingActive')).toEqual({
      status: 'False',
      reason: 'FailedGetResourceMetric',
      message: `the HPA was unable to compute the replica count: failed to get cpu utilization: ${why}`,
    });
    expect(cluster.notes.map(({ reason, message }) => `${reason}: ${message}`)).toEqual(
      expect.arrayContaining([
        `FailedGetResourceMetric: failed to get cpu utilization: ${why}`,
        `FailedComputeMetricsReplicas: invalid metrics (1 invalid out of 1), first error is: failed to get cpu resource metric value: failed to get cpu utilization: ${why}`,
      ]),
    );
    await cluster.delete(RC, 'web', { propagationPolicy: 'Orphan', gracePeriodSeconds: 0 });
    await cluster.patch(RC, 'web', { metadata: { finalizers: null } });
    await later();
    expect(condition('AbleToScale')).toEqual({
      status: 'False',
      reason: 'FailedGetScale',
      message:
        'the HPA controller was unable to get the target\'s current scale: replicationcontrollers "web" not found',
    });
  });

  it('without an adapter make more by other metrics, never fewer, and ask adapters that there are', async () => {
    const pods = { metric: { name: 'requests' }, target: { type: 'AverageValue', averageValue: '10' } };
    const metrics = [...autoscaler().spec.metrics, { type: 'Pods', pods }];
    usage.milliCores = 100;
    await start(2, { metrics, behavior: { scaleDown: { stabilizationWindowSeconds: 0 } } });
    expect(replicas()).toBe(4);
    usage.milliCores = 1;
    await later();
    expect(replicas()).toBe(4);
    expect(condition('ScalingActive')).toEqual({
      status: 'False',
      reason: 'FailedGetPodsMetric',
      message:
        'the HPA was unable to compute the replica count: unable to get metric requests: unable to fetch metrics from custom metrics API: no custom metrics API (custom.metrics.k8s.io) registered',
    });
    const value = { value: 15_000, timeMs: 0, windowMs: 0 };
    usage.custom = {
      ...NO_ADAPTER,
      ofPods: () =>
        Promise.resolve(new Map(cluster.journal.list('pods').map(({ metadata }) => [metadata.name, value]))),
    };
    await later();
    expect(replicas()).toBe(6);
    expect(statusOf()?.currentMetrics?.[1]).toMatchObject({ pods: { current: { averageValue: '15' } } });
  });

  it('that choose the same pods leave them alone', async () => {
    usage.milliCores = 100;
    await cluster.create(AUTOSCALERS, { ...autoscaler(), metadata: { name: 'other' } });
    await start(2);
    expect(replicas()).toBe(2);
    expect(condition('ScalingActive')).toEqual({
      status: 'False',
      reason: 'AmbiguousSelector',
      message: 'pods by selector app=web are controlled by multiple HPAs: [default/other default/web]',
    });
  });

  it(
    'stay in range and come to rest, whatever happens',
    async () => {
      const wishes = fc.oneof(
        { weight: 3, arbitrary: fc.record({ kind: fc.constant('use' as const), milliCores: fc.nat(200) }) },
        fc.record({ kind: fc.constant('lose' as const) }),
        fc.record({ kind: fc.constant('scale' as const), to: fc.nat(12) }),
        fc.record({ kind: fc.constant('range' as const), min: fc.integer({ min: 1, max: 4 }), more: fc.nat(6) }),
      );
      let used: number | undefined;
      let current: TestCluster | undefined;
      await holdThroughHistories({
        controllers: () => {
          const source = new Usage(() => current?.clock ?? 0);
          Object.defineProperty(source, 'milliCores', { get: () => used });
          return [
            replicationController,
            new AutoscalingController(source, () => Promise.resolve(null), AUTOSCALER_DEFAULTS),
          ];
        },
        begin: async (cluster) => {
          [current, used] = [cluster, 50];
          await cluster.create(RC, web(2));
          await cluster.create(AUTOSCALERS, autoscaler());
        },
        wishes,
        grant: async (cluster, wish) => {
          if (wish.kind === 'use') used = wish.milliCores;
          else if (wish.kind === 'lose') used = undefined;
          else if (wish.kind === 'scale') await cluster.patch(RC, 'web', { spec: { replicas: wish.to } });
          else {
            const spec = { minReplicas: wish.min, maxReplicas: wish.min + wish.more };
            await cluster.patch(AUTOSCALERS, 'web', { spec });
          }
        },
        edited: [RC, AUTOSCALERS],
        always: staysInRange(),
        atRest: (cluster) => {
          const { min, max } = rangeOf(cluster);
          const wanted = cluster.journal.get(RC, 'default', 'web')?.spec?.replicas ?? 0;
          expect(wanted === 0 || (wanted >= min && wanted <= max)).toBe(true);
          expect(cluster.journal.list('pods').filter(isPodActive)).toHaveLength(wanted);
        },
      });
    },
    historiesPatienceMs(),
  );
});

/** What an autoscaler asks for is in the range that it knew. */
function staysInRange(): (cluster: TestCluster) => void {
  const ranges = new WeakMap<TestCluster, Map<number, { min: number; max: number }>>();
  return (cluster) => {
    const { log } = cluster;
    const known = ranges.get(cluster) ?? new Map<number, { min: number; max: number }>();
    ranges.set(cluster, known.set(log.length, rangeOf(cluster)));
    const last = log.at(-1);
    if (last?.resource !== RC || last.data.reconciled?.by !== 'horizontal-pod-autoscaling') return;
    const { min, max } = known.get(last.basis ?? 0) ?? { min: 1, max: 10 };
    const { to } = last.data.facts as { to: number };
    expect(to).toBeGreaterThanOrEqual(min);
    expect(to).toBeLessThanOrEqual(max);
  };
}

function rangeOf(cluster: TestCluster): { min: number; max: number } {
  const { minReplicas: min = 1, maxReplicas: max = 0 } = cluster.journal.get(AUTOSCALERS, 'default', 'web')?.spec ?? {};
  return { min, max };
}
