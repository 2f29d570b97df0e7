import { builtIn, type KubeObject, type ResourceVersion } from '@shiplog/contracts';
import fc from 'fast-check';
import { stored, valueOf } from '../testing/objects';
import { asStored, decodeObject, expectedAt } from '../schema/decode';
import { fromStored, toStored } from './conversion';

const row = builtIn('horizontalpodautoscalers.autoscaling');
const v1 = row.versions[1] as ResourceVersion;
const scaleTargetRef = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' };
const cpu = { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 60 } } };
const metric = { name: 'requests', selector: { matchLabels: { verb: 'GET' } } };
const average = { type: 'AverageValue', averageValue: '10' };

const autoscaler = (spec: object, status: object = {}, annotations?: object) =>
  stored({
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: { name: 'web', ...(annotations === undefined ? {} : { annotations: annotations as never }) },
    spec: { scaleTargetRef, minReplicas: 1, maxReplicas: 5, ...spec },
    status: { currentReplicas: 0, desiredReplicas: 0, ...status },
  });

const carried = (name: string, value: unknown) => ({
  [`autoscaling.alpha.kubernetes.io/${name}`]: typeof value === 'string' ? value : JSON.stringify(value),
});
const inV1 = (spec: object, annotations: object = {}) =>
  ({
    apiVersion: 'autoscaling/v1',
    kind: 'HorizontalPodAutoscaler',
    metadata: { name: 'web', annotations },
    spec: { scaleTargetRef, maxReplicas: 5, ...spec },
  }) as unknown as KubeObject;

describe('a horizontal pod autoscaler of autoscaling/v1', () => {
  it('has the use of CPU as a field', () => {
    const current = {
      type: 'Resource',
      resource: { name: 'cpu', current: { averageUtilization: 30, averageValue: '3m' } },
    };
    const shown = fromStored(v1, autoscaler({ metrics: [cpu] }, { currentMetrics: [current] }));
    expect(shown).toMatchObject({
      apiVersion: 'autoscaling/v1',
      spec: { scaleTargetRef, minReplicas: 1, maxReplicas: 5, targetCPUUtilizationPercentage: 60 },
      status: { currentReplicas: 0, desiredReplicas: 0, currentCPUUtilizationPercentage: 30 },
    });
    expect(shown['spec']).not.toHaveProperty('metrics');
    expect(shown.metadata.annotations).toEqual(
      carried('current-metrics', [
        { type: 'Resource', resource: { name: 'cpu', currentAverageUtilization: 30, currentAverageValue: '3m' } },
      ]),
    );
    expect(fromStored(v1, autoscaler({ metrics: [cpu] })).metadata).not.toHaveProperty('annotations');
  });

  it.each<[string, object, object]>([
    [
      'a resource',
      { type: 'Resource', resource: { name: 'memory', target: { type: 'AverageValue', averageValue: '1Gi' } } },
      { type: 'Resource', resource: { name: 'memory', targetAverageValue: '1Gi' } },
    ],
    [
      'a resource of a container',
      {
        type: 'ContainerResource',
        containerResource: { name: 'cpu', container: 'app', target: { type: 'Utilization', averageUtilization: 5 } },
      },
      { type: 'ContainerResource', containerResource: { name: 'cpu', targetAverageUtilization: 5, container: 'app' } },
    ],
    [
      'a metric of pods',
      { type: 'Pods', pods: { metric, target: average } },
      { type: 'Pods', pods: { metricName: 'requests', targetAverageValue: '10', selector: metric.selector } },
    ],
    [
      'a metric of an object',
      {
        type: 'Object',
        object: { describedObject: scaleTargetRef, metric: { name: 'hits' }, target: { type: 'Value', value: '2k' } },
      },
      { type: 'Object', object: { target: scaleTargetRef, metricName: 'hits', targetValue: '2k' } },
    ],
    [
      'a metric of an object, for each pod',
      { type: 'Object', object: { describedObject: scaleTargetRef, metric, target: average } },
      {
        type: 'Object',
        object: {
          target: scaleTargetRef,
          metricName: 'requests',
          targetValue: '0',
          selector: metric.selector,
          averageValue: '10',
        },
      },
    ],
    [
      'a metric from outside',
      { type: 'External', external: { metric, target: { type: 'Value', value: '7' } } },
      { type: 'External', external: { metricName: 'requests', metricSelector: metric.selector, targetValue: '7' } },
    ],
  ])('carries %s in an annotation, and back', (_of, inV2, inAnnotation) => {
    const before = autoscaler({ metrics: [inV2, cpu] }, {}, { mine: 'x' });
    const shown = fromStored(v1, before);
    expect(shown.metadata.annotations).toEqual({ mine: 'x', ...carried('metrics', [inAnnotation]) });
    expect(toStored(row, v1, shown)).toEqual(before);
  });

  it('carries its behavior, conditions and measures, and back', () => {
    const behavior = {
      scaleUp: { stabilizationWindowSeconds: 3, policies: [{ type: 'Pods', value: 1, periodSeconds: 2 }] },
    };
    const conditions = [{ type: 'AbleToScale', status: 'True', lastTransitionTime: '2024-05-05T01:00:00Z' }];
    const currentMetrics = [
      { type: 'Pods', pods: { metric, current: { averageValue: '3' } } },
      { type: 'Object', object: { describedObject: scaleTargetRef, metric, current: { value: '3' } } },
      { type: 'External', external: { metric, current: { value: '0', averageValue: '3' } } },
      {
        type: 'ContainerResource',
        containerResource: { name: 'cpu', container: 'a', current: { averageUtilization: 1, averageValue: '5m' } },
      },
    ];
    const before = autoscaler({ metrics: [cpu], behavior }, { conditions, currentMetrics });
    const shown = fromStored(v1, before);
    expect(Object.keys(shown.metadata.annotations ?? {}).sort()).toEqual(
      ['behavior', 'conditions', 'current-metrics'].map((name) => `autoscaling.alpha.kubernetes.io/${name}`),
    );
    expect(toStored(row, v1, shown)).toEqual(before);
  });

  it('is stored with its field as a metric', () => {
    expect(toStored(row, v1, inV1({ targetCPUUtilizationPercentage: 70 }))).toMatchObject({
      apiVersion: 'autoscaling/v2',
      spec: {
        metrics: [
          { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 70 } } },
        ],
      },
    });
  });

  it.each([
    ['no JSON', '['],
    ['no list', '{"a":1}'],
    ['a list of something else', '[1]'],
    ['a value of the wrong type', '[{"type":"Pods","pods":{"metricName":7}}]'],
    ['an amount that is none', '[{"type":"Pods","pods":{"metricName":"a","targetAverageValue":"much"}}]'],
  ])('forgets what annotations carry that is %s', (_what, text) => {
    const sent = inV1(
      {},
      { ...carried('metrics', text), ...carried('behavior', text), ...carried('conditions', text) },
    );
    const made = toStored(row, v1, sent);
    expect(made['spec']).toMatchObject({ scaleTargetRef, maxReplicas: 5 });
    expect(made['spec']).not.toHaveProperty('metrics');
    expect(made.metadata).not.toHaveProperty('annotations');
  });

  it('comes to an object of its stored version, whatever its annotations say', () => {
    const names = ['metrics', 'current-metrics', 'conditions', 'behavior'];
    const source = fc.constantFrom('object', 'pods', 'resource', 'containerResource', 'external');
    const metrics = fc.array(fc.dictionary(fc.oneof(source, fc.constant('type')), fc.jsonValue({ maxDepth: 3 })));
    const value = fc.oneof(
      fc.string(),
      fc.json(),
      metrics.map((list) => JSON.stringify(list)),
    );
    fc.assert(
      fc.property(fc.tuple(value, value, value, value), (texts) => {
        const annotations = Object.assign({}, ...names.map((name, i) => carried(name, texts[i]))) as object;
        const made = toStored(row, v1, {
          ...inV1({}, annotations),
          status: { currentReplicas: 1, desiredReplicas: 1 },
        });
        const plain = JSON.parse(JSON.stringify(made)) as KubeObject;
        expect(valueOf(decodeObject(expectedAt(asStored(row)), made))).toEqual(plain);
      }),
    );
  });
});
