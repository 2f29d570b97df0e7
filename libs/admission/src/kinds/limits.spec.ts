import { builtIn, type BuiltIn, type KubeObject } from '@shiplog/contracts';
import { admitCreate } from '../create';
import { admission, causesOf, created, stored } from '../testing/builders';
import { admitUpdate } from '../update';

const object = (kind: string, spec: object): KubeObject => ({
  apiVersion: 'v1',
  kind,
  metadata: { name: 'x', namespace: 'default' },
  spec,
});
const causes = (resource: BuiltIn, given: KubeObject) => causesOf(admitCreate(builtIn(resource), given, admission()));

describe('a range of limits', () => {
  const range = (...limits: object[]) => object('LimitRange', { limits });

  it('gives containers what they leave out', () => {
    const limits = [
      { type: 'Container', max: { cpu: '2', memory: '1Gi' }, min: { cpu: '1m' }, defaultRequest: { cpu: '1' } },
    ];
    expect(created('limitranges', range(...limits)).spec?.limits).toEqual([
      {
        ...limits[0],
        default: { cpu: '2', memory: '1Gi' },
        defaultRequest: { cpu: '1', memory: '1Gi' },
      },
    ]);
  });

  const at = 'spec.limits[0]';
  it.each<[string, object[], string[]]>([
    [
      'is of no type',
      [{ type: 'Node' }],
      [`${at}.type: Invalid value: "Node": must be a standard limit type or fully qualified`],
    ],
    ['is of a type twice', [{ type: 'Pod' }, { type: 'Pod' }], ['spec.limits[1].type: Duplicate value: "Pod"']],
    [
      'limits what there is not',
      [{ type: 'Container', max: { gold: '1' } }],
      [
        `${at}.max[gold]: Invalid value: "gold": must be a standard resource type or fully qualified`,
        `${at}.max[gold]: Invalid value: "gold": must be a standard resource for containers`,
        `${at}.default[gold]: Invalid value: "gold": must be a standard resource type or fully qualified`,
        `${at}.default[gold]: Invalid value: "gold": must be a standard resource for containers`,
        `${at}.defaultRequest[gold]: Invalid value: "gold": must be a standard resource type or fully qualified`,
        `${at}.defaultRequest[gold]: Invalid value: "gold": must be a standard resource for containers`,
      ],
    ],
    [
      'has defaults for whole pods',
      [{ type: 'Pod', default: { cpu: '1' }, defaultRequest: { cpu: '1' } }],
      [
        `${at}.default: Forbidden: may not be specified when \`type\` is 'Pod'`,
        `${at}.defaultRequest: Forbidden: may not be specified when \`type\` is 'Pod'`,
      ],
    ],
    [
      'limits claims without a size',
      [{ type: 'PersistentVolumeClaim' }],
      [`${at}.limits: Required value: either minimum or maximum storage value is required, but neither was provided`],
    ],
    [
      'asks for more than there may be',
      [
        {
          type: 'Container',
          min: { cpu: '3' },
          defaultRequest: { cpu: '2.5' },
          default: { cpu: '2' },
          max: { cpu: '1' },
        },
      ],
      [
        `${at}.min[cpu]: Invalid value: "3": min value 3 is greater than max value 1`,
        `${at}.defaultRequest[cpu]: Invalid value: "2500m": min value 3 is greater than default request value 2500m`,
        `${at}.defaultRequest[cpu]: Invalid value: "2500m": default request value 2500m is greater than max value 1`,
        `${at}.defaultRequest[cpu]: Invalid value: "2500m": default request value 2500m is greater than default limit value 2`,
        `${at}.default[cpu]: Invalid value: "3": min value 3 is greater than default value 2`,
        `${at}.default[cpu]: Invalid value: "1": default value 2 is greater than max value 1`,
      ],
    ],
    [
      'has a ratio below one',
      [{ type: 'Pod', maxLimitRequestRatio: { cpu: '500m' } }],
      [`${at}.maxLimitRequestRatio[cpu]: Invalid value: "500m": ratio 500m is less than 1`],
    ],
    [
      'has a ratio that can not be',
      [{ type: 'Pod', min: { cpu: '1' }, max: { cpu: '2' }, maxLimitRequestRatio: { cpu: '3' } }],
      [`${at}.maxLimitRequestRatio[cpu]: Invalid value: "3": ratio 3 is greater than max/min = 2.000000`],
    ],
    [
      'asks for less than it gives of what is given whole',
      [{ type: 'Container', default: { 'example.com/gpu': '2' }, defaultRequest: { 'example.com/gpu': '1' } }],
      [
        `${at}.defaultRequest[example.com/gpu]: Invalid value: "1": default value 2 must equal to defaultRequest value 1 in example.com/gpu`,
      ],
    ],
  ])('is refused when it %s', (_name, limits, expected) => {
    expect(causes('limitranges', range(...limits))).toEqual(expected);
  });
});

describe('a quota', () => {
  const quota = (spec: object) => object('ResourceQuota', spec);
  const hard = {
    pods: '10',
    'requests.cpu': '4',
    'requests.nvidia.com/gpu': '2',
    'count/deployments.apps': '3',
    'gold.storageclass.storage.k8s.io/requests.storage': '1Ti',
  };
  const scopes = '[]core.ResourceQuotaScope';

  it('is kept, and has used nothing yet', () => {
    const made = created('resourcequotas', quota({ hard, scopes: ['NotTerminating'] }));
    expect(made.spec).toEqual({ hard, scopes: ['NotTerminating'] });
    expect(made.status).toEqual({});
  });

  const at = 'spec.scopeSelector.matchExpressions';
  const choosing = (scopeName: string, operator: string, values?: string[]) => ({
    scopeSelector: { matchExpressions: [{ scopeName, operator, ...(values === undefined ? {} : { values }) }] },
  });
  it.each<[string, object, string[]]>([
    [
      'limits what there is not',
      { hard: { gold: '1' } },
      [
        'spec.hard[gold]: Invalid value: "gold": must be a standard resource type or fully qualified',
        'spec.hard[gold]: Invalid value: "gold": must be a standard resource for quota',
      ],
    ],
    [
      'limits storage itself',
      { hard: { storage: '1' } },
      ['spec.hard[storage]: Invalid value: "storage": must be a standard resource for quota'],
    ],
    [
      'allows less than nothing',
      { hard: { cpu: '-1' } },
      ['spec.hard[cpu]: Invalid value: "-1": must be greater than or equal to 0'],
    ],
    ['allows half a pod', { hard: { pods: '1500m' } }, ['spec.hard[pods]: Invalid value: "1500m": must be an integer']],
    [
      'is of a scope of its own',
      { scopes: ['Odd'] },
      [`spec.scopes: Invalid value: ${scopes}{"Odd"}: unsupported scope`],
    ],
    [
      'is of a scope that its limits are not',
      { hard: { cpu: '1', pods: '1' }, scopes: ['BestEffort'] },
      [`spec.scopes: Invalid value: ${scopes}{"BestEffort"}: unsupported scope applied to resource`],
    ],
    [
      'is of two scopes that exclude each other',
      { scopes: ['BestEffort', 'NotBestEffort'] },
      [`spec.scopes: Invalid value: ${scopes}{"BestEffort", "NotBestEffort"}: conflicting scopes`],
    ],
    [
      'chooses by a scope of its own',
      choosing('Odd', 'Exists'),
      [`${at}.scopeName: Invalid value: "Odd": unsupported scope`],
    ],
    [
      'chooses from nothing',
      choosing('PriorityClass', 'In'),
      [
        `${at}.values: Required value: must be at least one value when \`operator\` is 'In' or 'NotIn' for scope selector`,
      ],
    ],
    [
      'chooses from what it need not',
      choosing('PriorityClass', 'Exists', ['high']),
      [
        `${at}.values: Invalid value: []string{"high"}: must be no value when \`operator\` is 'Exist' or 'DoesNotExist' for scope selector`,
      ],
    ],
    [
      'chooses by no operator',
      choosing('PriorityClass', 'Near'),
      [`${at}.operator: Invalid value: "Near": not a valid selector operator`],
    ],
    [
      'chooses pods that end by a value',
      choosing('Terminating', 'In', ['yes']),
      [
        `${at}.operator: Invalid value: "In": must be 'Exist' when scope is any of ResourceQuotaScopeTerminating, ResourceQuotaScopeNotTerminating, ResourceQuotaScopeBestEffort, ResourceQuotaScopeNotBestEffort or ResourceQuotaScopeCrossNamespacePodAffinity`,
      ],
    ],
  ])('is refused when it %s', (_name, spec, expected) => {
    expect(causes('resourcequotas', quota(spec))).toEqual(expected);
  });

  it('keeps its scopes, and its status has amounts', () => {
    const before = created('resourcequotas', quota({ hard, scopes: ['NotTerminating'] }));
    const update = (subresource: string | undefined, fields: object) =>
      causesOf(
        admitUpdate(builtIn('resourcequotas'), subresource, stored(before), { ...before, ...fields }, admission()),
      );
    expect(update(undefined, { spec: { hard: { pods: '1' }, scopes: ['NotTerminating'] } })).toEqual([]);
    expect(update(undefined, { spec: { hard } })).toEqual([
      `spec.scopes: Invalid value: ${scopes}(nil): field is immutable`,
    ]);
    expect(update('status', { status: { hard: { gold: '1' }, used: { pods: '-1' } } })).toEqual([
      'status.hard[gold]: Invalid value: "gold": must be a standard resource type or fully qualified',
      'status.hard[gold]: Invalid value: "gold": must be a standard resource for quota',
      'status.used[pods]: Invalid value: "-1": must be greater than or equal to 0',
    ]);
  });
});
