import { created } from '../testing/builders';
import { anObject, changed, withStatus, wrongWith, wrongWithChange } from '../testing/workloads';

const RESOURCE = 'poddisruptionbudgets.policy';
const selector = { matchLabels: { app: 'web' } };
const budget = (spec: Record<string, unknown> = { minAvailable: 1 }, metadata = {}) =>
  anObject(RESOURCE, { spec: { selector, ...spec } }, metadata);
const goText = (text: string) => `intstr.IntOrString{Type:1, IntVal:0, StrVal:"${text}"}`;

describe('a pod disruption budget', () => {
  it.each<[Record<string, unknown>, string[]]>([
    [{ minAvailable: -1 }, ['spec.minAvailable: Invalid value: -1: must be greater than or equal to 0']],
    [{ minAvailable: '101%' }, [`spec.minAvailable: Invalid value: ${goText('101%')}: must not be greater than 100%`]],
    [
      { maxUnavailable: 'half' },
      [
        expect.stringContaining(
          `spec.maxUnavailable: Invalid value: ${goText('half')}: a valid percent string must be`,
        ) as string,
      ],
    ],
    [
      { minAvailable: -1, maxUnavailable: '101%' },
      [
        expect.stringMatching(
          /^spec: Invalid value: .*: minAvailable and maxUnavailable cannot be both set$/,
        ) as string,
        'spec.minAvailable: Invalid value: -1: must be greater than or equal to 0',
        `spec.maxUnavailable: Invalid value: ${goText('101%')}: must not be greater than 100%`,
      ],
    ],
    [
      { minAvailable: 1, maxUnavailable: 1, selector: {} },
      [
        'spec: Invalid value: {"selector":{},"minAvailable":1,"maxUnavailable":1}: minAvailable and maxUnavailable cannot be both set',
      ],
    ],
    [
      { selector: { matchExpressions: [{ key: 'a', operator: 'In' }] } },
      [
        "spec.selector.matchExpressions[0].values: Required value: must be specified when `operator` is 'In' or 'NotIn'",
      ],
    ],
    [
      { unhealthyPodEvictionPolicy: 'Maybe' },
      [
        'spec.unhealthyPodEvictionPolicy: Unsupported value: "Maybe": supported values: "AlwaysAllow", "IfHealthyBudget"',
      ],
    ],
  ])('is refused: %j', (spec, expected) => {
    expect(wrongWith(RESOURCE, budget(spec))).toEqual(expected);
  });

  it('starts without a status, may have any name that a path can have, and counts its generations', () => {
    const made = created(RESOURCE, {
      ...budget({ maxUnavailable: '50%' }, { name: 'My_Budget' }),
      status: { disruptionsAllowed: 9 },
    });
    expect(made).toMatchObject({
      metadata: { generation: 1 },
      spec: { maxUnavailable: '50%', selector },
      status: { currentHealthy: 0, desiredHealthy: 0, disruptionsAllowed: 0, expectedPods: 0 },
    });
    expect(changed(RESOURCE, made, { spec: { ...made.spec, maxUnavailable: 1 } }).metadata.generation).toBe(2);
  });

  it('has a status of counts and conditions', () => {
    const made = created(RESOURCE, budget());
    const condition = {
      type: 'DisruptionAllowed',
      status: 'True',
      reason: 'SufficientPods',
      message: '',
      lastTransitionTime: '2024-05-05T01:00:00Z',
    };
    expect(
      withStatus(RESOURCE, made, { disruptionsAllowed: 2, conditions: [condition] }).status?.disruptionsAllowed,
    ).toBe(2);
    const wrong = { type: '', status: 'Maybe', reason: '1', message: '', observedGeneration: -1 };
    const status = {
      expectedPods: -1,
      conditions: [condition, condition, wrong, { ...condition, type: 'B', reason: '' }],
    };
    expect(wrongWithChange(RESOURCE, made, { status }, 'status')).toEqual([
      'status.expectedPods: Invalid value: -1: must be greater than or equal to 0',
      'status.conditions[1].type: Duplicate value: "DisruptionAllowed"',
      'status.conditions[2].type: Required value',
      'status.conditions[2].status: Unsupported value: "Maybe": supported values: "False", "True", "Unknown"',
      'status.conditions[2].observedGeneration: Invalid value: -1: must be greater than or equal to zero',
      'status.conditions[2].lastTransitionTime: Required value',
      expect.stringContaining('status.conditions[2].reason: Invalid value: "1": a condition reason must start with'),
      'status.conditions[3].reason: Required value',
    ]);
  });
});
