import { created } from '../testing/builders';
import { anObject, changed, wrongWith, wrongWithChange } from '../testing/workloads';

const RESOURCE = 'horizontalpodautoscalers.autoscaling';
const scaleTargetRef = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' };
const autoscaler = (spec: Record<string, unknown> = {}) =>
  anObject(RESOURCE, { spec: { scaleTargetRef, maxReplicas: 5, ...spec } });
const metrics = (...items: object[]) => ({ metrics: items });
const target = { type: 'AverageValue', averageValue: '10' };
const metric = { name: 'requests' };
const at = 'spec.metrics[0]';
const unsupported = (type: string) =>
  `${at}.type: Unsupported value: "${type}": supported values: "ContainerResource", "External", "Object", "Pods", "Resource"`;

describe('a new horizontal pod autoscaler', () => {
  it('has its defaults, and no status yet', () => {
    const made = created(RESOURCE, { ...autoscaler(), status: { currentReplicas: 3, desiredReplicas: 4 } });
    expect(made).toMatchObject({
      spec: {
        minReplicas: 1,
        metrics: [
          { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } } },
        ],
      },
      status: { desiredReplicas: 0 },
    });
    expect(made.metadata).not.toHaveProperty('generation');
    expect(made.spec).not.toHaveProperty('behavior');
  });

  it('knows how fast it goes up and down, once anything of that is given', () => {
    const all = { type: 'Percent', value: 100, periodSeconds: 15 };
    const behavior = { scaleDown: { stabilizationWindowSeconds: 60, tolerance: '0.1' } };
    expect(created(RESOURCE, autoscaler({ behavior })).spec?.behavior).toEqual({
      scaleUp: {
        stabilizationWindowSeconds: 0,
        selectPolicy: 'Max',
        policies: [{ type: 'Pods', value: 4, periodSeconds: 15 }, all],
      },
      scaleDown: { stabilizationWindowSeconds: 60, selectPolicy: 'Max', policies: [all] },
    });
  });

  it.each<[Record<string, unknown>, string[]]>([
    [
      { minReplicas: 0 },
      [
        'spec.minReplicas: Invalid value: 0: must be greater than or equal to 1',
        'spec.metrics: Forbidden: must specify at least one Object or External metric to support scaling to zero replicas',
      ],
    ],
    [
      { maxReplicas: 0 },
      [
        'spec.maxReplicas: Invalid value: 0: must be greater than 0',
        'spec.maxReplicas: Invalid value: 0: must be greater than or equal to `minReplicas`',
      ],
    ],
    [{ minReplicas: 9 }, ['spec.maxReplicas: Invalid value: 5: must be greater than or equal to `minReplicas`']],
    [
      { scaleTargetRef: { name: 'a/b' } },
      [
        'spec.scaleTargetRef.kind: Required value',
        `spec.scaleTargetRef.name: Invalid value: "a/b": may not contain '/'`,
      ],
    ],
    [
      metrics({ type: '' }),
      [`${at}.type: Required value: must specify a metric source type`, unsupported(''), unsupported('')],
    ],
    [
      metrics({ type: 'Weather' }),
      // Twice, as Kubernetes looks at it twice; its message says it once.
      [unsupported('Weather'), unsupported('Weather')],
    ],
    [metrics({ type: 'Pods' }), [`${at}.pods: Required value: must populate information for the given metric source`]],
    [
      metrics({ type: 'Pods', pods: { metric, target }, external: { metric, target } }),
      [`${at}.external: Forbidden: must populate the given metric source only`],
    ],
    [
      metrics({ type: 'Pods', pods: { metric: {}, target: { type: 'Value', value: '0' } } }),
      [
        `${at}.pods.metric.name: Required value: must specify a metric name`,
        `${at}.pods.target.value: Invalid value: "0": must be positive`,
        `${at}.pods.target.averageValue: Required value: must specify a positive target averageValue`,
      ],
    ],
    [
      metrics({
        type: 'Object',
        object: { describedObject: { kind: 'Ingress', name: '' }, metric, target: { type: 'Some' } },
      }),
      [
        `${at}.object.describedObject.name: Required value`,
        `${at}.object.target.type: Invalid value: "Some": must be either Utilization, Value, or AverageValue`,
        `${at}.object.target.averageValue: Required value: must set either a target value or averageValue`,
      ],
    ],
    [
      metrics({ type: 'External', external: { metric, target: { type: 'Value' } } }),
      [
        `${at}.external.target.averageValue: Required value: must set either a target value for metric or a per-pod target`,
      ],
    ],
    [
      metrics({ type: 'External', external: { metric, target: { ...target, value: '1' } } }),
      [`${at}.external.target.value: Forbidden: may not set both a target value for metric and a per-pod target`],
    ],
    [
      metrics({ type: 'Resource', resource: { name: '', target: { type: 'Utilization' } } }),
      [
        `${at}.resource.name: Required value: must specify a resource name`,
        `${at}.resource.target.averageUtilization: Required value: must set either a target raw value or a target utilization`,
      ],
    ],
    [
      metrics({ type: 'Resource', resource: { name: 'cpu', target: { ...target, averageUtilization: 0 } } }),
      [
        `${at}.resource.target.averageUtilization: Invalid value: 0: must be greater than 0`,
        `${at}.resource.target.averageValue: Forbidden: may not set both a target raw value and a target utilization`,
      ],
    ],
    [
      metrics({ type: 'ContainerResource', containerResource: { name: '', container: 'A', target: { type: '' } } }),
      [
        `${at}.containerResource.name: Required value: must specify a resource name`,
        expect.stringContaining(
          `${at}.containerResource.container: Invalid value: "A": a lowercase RFC 1123 label must consist of`,
        ) as string,
        `${at}.containerResource.target.type: Required value: must specify a metric target type`,
        `${at}.containerResource.target.type: Invalid value: "": must be either Utilization, Value, or AverageValue`,
        `${at}.containerResource.target.averageUtilization: Required value: must set either a target raw value or a target utilization`,
      ],
    ],
    [
      metrics({ type: 'ContainerResource', containerResource: { name: 'cpu', container: '', target } }),
      [`${at}.containerResource.container: Required value: must specify a container`],
    ],
    [
      {
        behavior: { scaleUp: { stabilizationWindowSeconds: 3601, selectPolicy: 'Any', policies: [{ type: 'Some' }] } },
      },
      [
        'spec.behavior.scaleUp.stabilizationWindowSeconds: Invalid value: 3601: must be less than or equal to 3600',
        'spec.behavior.scaleUp.selectPolicy: Unsupported value: "Any": supported values: "Disabled", "Max", "Min"',
        'spec.behavior.scaleUp.policies[0].type: Unsupported value: "Some": supported values: "Percent", "Pods"',
        'spec.behavior.scaleUp.policies[0].value: Invalid value: 0: must be greater than zero',
        'spec.behavior.scaleUp.policies[0].periodSeconds: Invalid value: 0: must be greater than zero',
      ],
    ],
    [
      {
        behavior: {
          scaleDown: { stabilizationWindowSeconds: -1, policies: [{ type: 'Pods', value: 1, periodSeconds: 1801 }] },
        },
      },
      [
        'spec.behavior.scaleDown.stabilizationWindowSeconds: Invalid value: -1: must be greater than or equal to zero',
        'spec.behavior.scaleDown.policies[0].periodSeconds: Invalid value: 1801: must be less than or equal to 1800',
      ],
    ],
  ])('is refused: %j', (spec, expected) => {
    expect(wrongWith(RESOURCE, autoscaler(spec))).toEqual(expected);
  });

  it('is accepted with every kind of metric', () => {
    const all = metrics(
      { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 60 } } },
      { type: 'ContainerResource', containerResource: { name: 'memory', container: 'app', target } },
      { type: 'Pods', pods: { metric: { ...metric, selector: { matchLabels: { a: 'b' } } }, target } },
      {
        type: 'Object',
        object: { describedObject: { ...scaleTargetRef }, metric, target: { type: 'Value', value: '2k' } },
      },
      { type: 'External', external: { metric, target } },
    );
    expect(created(RESOURCE, autoscaler({ minReplicas: 2, ...all })).spec).toMatchObject(all);
  });
});

it('a change of a horizontal pod autoscaler that could always go down to nothing may leave it so', () => {
  const made = created(RESOURCE, autoscaler(metrics({ type: 'External', external: { metric, target } })));
  const before = { ...made, spec: { ...made.spec, minReplicas: 0 } } as typeof made;
  const to = (of: typeof made, fields: object) => wrongWithChange(RESOURCE, of, { spec: { ...of.spec, ...fields } });
  expect(to(before, { maxReplicas: 9 })).toEqual([]);
  expect(to(before, { minReplicas: -1 })).toEqual([
    'spec.minReplicas: Invalid value: -1: must be greater than or equal to 0',
  ]);
  expect(to(made, { minReplicas: 0 })).toEqual([
    'spec.minReplicas: Invalid value: 0: must be greater than or equal to 1',
  ]);
});

it('a change of a horizontal pod autoscaler counts no generation', () => {
  const before = created(RESOURCE, autoscaler());
  expect(changed(RESOURCE, before, { spec: { ...before.spec, maxReplicas: 9 } }).metadata).not.toHaveProperty(
    'generation',
  );
});

it('the status of a horizontal pod autoscaler has no negative numbers', () => {
  const status = { currentReplicas: -1, desiredReplicas: -1 };
  expect(wrongWithChange(RESOURCE, created(RESOURCE, autoscaler()), { status }, 'status')).toEqual([
    'status.currentReplicas: Invalid value: -1: must be greater than or equal to 0',
    'status.desiredReplicas: Invalid value: -1: must be greater than or equal to 0',
  ]);
});
