import { EPOCH, pod } from '../../testing/objects';
import { byAverage, byShare, byUtilization, byValue, type Scene } from './replicas';
import { AUTOSCALER_DEFAULTS } from './settings';
import type { PodMetrics } from './sources';

const NOW = EPOCH + 3_600_000;
type PodOptions = Parameters<typeof pod>[1];

/** Pods that are ready and request a processor each, unless an option says otherwise. */
function scene(pods: Record<string, PodOptions>, replicas = Object.keys(pods).length): Scene {
  const containers = [{ name: 'main', image: 'main', resources: { requests: { cpu: '1', memory: '1Mi' } } }];
  const made = Object.entries(pods).map(([name, options]) =>
    pod(name, { ready: true, spec: { containers }, startTime: 0, ...options }),
  );
  return { pods: made, replicas, nowMs: NOW, settings: AUTOSCALER_DEFAULTS };
}
const metricsOf = (values: Record<string, number>, at = NOW): PodMetrics =>
  new Map(Object.entries(values).map(([name, value]) => [name, { value, timeMs: at, windowMs: 15_000 }]));

describe('the part of their requests that pods use', () => {
  it.each<[string, Record<string, PodOptions>, Record<string, number>, number, number]>([
    ['more than is aimed at', { a: {}, b: {} }, { a: 900, b: 900 }, 4, 90],
    ['less', { a: {}, b: {}, c: {} }, { a: 100, b: 100, c: 100 }, 1, 10],
    ['nearly that', { a: {}, b: {} }, { a: 540, b: 540 }, 2, 54],
    ['much, but one is not measured: it is taken to use nothing', { a: {}, b: {} }, { a: 900 }, 2, 90],
    ['little, but one is not measured: it is taken to use all', { a: {}, b: {} }, { a: 100 }, 2, 10],
    [
      'much, but some have not started: they are taken to use nothing',
      { a: {}, b: { phase: 'Pending' }, c: { phase: 'Pending' } },
      { a: 1_000 },
      3,
      100,
    ],
    ['little, and some have not started: they do not count', { a: {}, b: { phase: 'Pending' } }, { a: 100 }, 1, 10],
    ['much, of those that stay', { a: {}, b: { deleting: true }, c: { phase: 'Failed' } }, { a: 900, b: 0 }, 2, 90],
    [
      'much, but one turned ready less than a measurement ago',
      { a: {}, b: { startTime: 3_500, readyAt: 3_590 } },
      { a: 900, b: 2_000 },
      2,
      90,
    ],
    ['much, but one has never been ready', { a: {}, b: { ready: false, readyAt: 10 } }, { a: 900, b: 2_000 }, 2, 90],
    ['much, and one is unready that was ready', { a: {}, b: { ready: false, readyAt: 90 } }, { a: 900, b: 900 }, 4, 90],
  ])('of %s', (_that, pods, used, replicas, utilization) => {
    expect(byUtilization(scene(pods), 'cpu', metricsOf(used), 50)).toMatchObject({ ok: true, replicas, utilization });
  });

  it('counts sidecars, and one container where it is named', () => {
    const request = (cpu: string) => ({ resources: { requests: { cpu } } });
    const spec = {
      containers: [{ name: 'main', ...request('1') }],
      initContainers: [
        { name: 'beside', restartPolicy: 'Always', ...request('1') },
        { name: 'before', ...request('9') },
      ],
    };
    const given = scene({ a: { spec } });
    expect(byUtilization(given, 'cpu', metricsOf({ a: 1_000 }), 50)).toMatchObject({ utilization: 50 });
    expect(byUtilization(given, 'cpu', metricsOf({ a: 1_000 }), 50, 'main')).toMatchObject({ utilization: 100 });
  });

  it.each<[string, Scene, PodMetrics, string]>([
    ['there are no pods', scene({}), metricsOf({}), 'no pods returned by selector while calculating replica count'],
    [
      'a container requests nothing',
      scene({ a: { spec: { containers: [{ name: 'main', image: 'main' }] } } }),
      metricsOf({ a: 1 }),
      'missing request for cpu in container main of Pod a',
    ],
    [
      'none that is measured counts',
      scene({ a: { phase: 'Pending' } }),
      metricsOf({ a: 1 }),
      'did not receive metrics for any ready pods',
    ],
    ['only others are measured', scene({ a: {} }), metricsOf({ x: 1 }), 'no metrics returned matched known pods'],
  ])('is not known when %s', (_that, given, metrics, message) => {
    expect(byUtilization(given, 'cpu', metrics, 50)).toEqual({ ok: false, message });
  });
});

describe('an amount', () => {
  it('that pods use on average', () => {
    const given = scene({ a: {}, b: {} });
    expect(byAverage(given, '', metricsOf({ a: 300, b: 500 }), 200)).toMatchObject({ replicas: 4, amount: 400 });
    expect(byAverage(given, '', metricsOf({ a: 210, b: 200 }), 200)).toMatchObject({ replicas: 2 });
    expect(byAverage(given, '', metricsOf({ a: 50 }), 200)).toMatchObject({ replicas: 2 });
  });

  it('of an object, that is for all pods that are ready', () => {
    const given = scene({ a: {}, b: {}, c: { ready: false } });
    expect(byValue(given, 3_000, 1_000)).toMatchObject({ replicas: 6, amount: 3_000 });
    expect(byValue(given, 1_050, 1_000)).toMatchObject({ replicas: 3 });
    expect(byValue(scene({}), 2_500, 1_000)).toMatchObject({ replicas: 3 });
    expect(byValue(scene({}, 1), 2_500, 1_000)).toMatchObject({
      message: 'unable to calculate ready pods: no pods returned by selector while calculating replica count',
    });
  });

  it('that is shared among pods', () => {
    expect(byShare(scene({ a: {} }), 2, 900, 100)).toMatchObject({ replicas: 9, amount: 450 });
    expect(byShare(scene({ a: {} }), 2, 205, 100)).toMatchObject({ replicas: 2, amount: 103 });
    expect(byShare(scene({}), 0, 250, 100)).toMatchObject({ replicas: 3, amount: 250 });
  });
});
