import { builtIn, type KubeObject } from '@shiplog/contracts';
import { admitCreate } from '../create';
import { admission, causesOf, created, stored, valueOf } from '../testing/builders';
import { admitUpdate } from '../update';

const POLICIES = 'schedulingpolicies.scheduling.shiplog.dev';
const NEEDED = ['NodeName', 'TaintToleration', 'NodeAffinity', 'NodePorts', 'NodeResourcesFit'];
const FILTERS = [...NEEDED, 'VolumeRestrictions', 'VolumeBinding', 'VolumeZone'];
const RATIO = 'NodeResourcesRequestedToCapacityRatio';
const policy = (spec: object, name = 'packing'): KubeObject => ({
  apiVersion: 'scheduling.shiplog.dev/v1',
  kind: 'SchedulingPolicy',
  metadata: { name },
  spec,
});
const causes = (spec: object, name?: string) =>
  causesOf(admitCreate(builtIn(POLICIES), policy(spec, name), admission()));
const ratioOf = (shape: object[]) => ({
  scores: [{ name: RATIO, weight: 1 }],
  parameters: { [RATIO]: { shape } },
});

describe('a policy of scheduling', () => {
  it('may leave all to the default, or say all of it', () => {
    expect(created(POLICIES, policy({ scores: [] }))).toMatchObject({ spec: {}, metadata: { generation: 1 } });
    const spec = {
      filters: ['NodeUnschedulable', ...FILTERS],
      scores: [
        { name: 'NodeResourcesMostAllocated', weight: 100 },
        { name: 'NodeResourcesLeastAllocated', weight: 0 },
        { name: 'SpreadByOwner' },
      ],
      parameters: { NodeResourcesMostAllocated: { resources: [{ name: 'x.io/gpu', weight: 5 }, { name: 'cpu' }] } },
      percentageOfNodesToScore: 50,
    };
    expect(created(POLICIES, policy(spec)).spec).toEqual(spec);
  });

  it('is of another generation when its spec is another, and only then', () => {
    const before = stored(created(POLICIES, policy({})));
    const updated = (change: object) =>
      valueOf(admitUpdate(builtIn(POLICIES), undefined, before, { ...policy({}), ...change }, admission())).metadata
        .generation;
    expect(updated({ spec: { percentageOfNodesToScore: 10 } })).toBe(2);
    expect(updated({ metadata: { name: 'packing', labels: { a: 'b' } } })).toBe(1);
  });

  const known =
    'supported values: "InterPodAffinity", "NodeAffinity", "NodeName", "NodePorts", "NodeResourcesFit", "NodeUnschedulable",';
  const volumes = '"PodTopologySpread", "TaintToleration", "VolumeBinding", "VolumeRestrictions", "VolumeZone"';
  it.each<[string, object, string[]]>([
    [
      'names a filter that there is not',
      { filters: [...FILTERS, 'Luck'] },
      [`spec.filters[8]: Unsupported value: "Luck": ${known} ${volumes}`],
    ],
    [
      'leaves out what the kubelet asks again',
      { filters: FILTERS.filter((name) => name !== 'NodeResourcesFit') },
      [
        'spec.filters: Required value: must include NodeResourcesFit: the kubelet asks it again, and pods that it refuses fail',
      ],
    ],
    ['names a filter twice', { filters: [...FILTERS, 'NodeName'] }, ['spec.filters[8]: Duplicate value: "NodeName"']],
    [
      'names a score that there is not',
      { scores: [{ name: 'Luck', weight: 1 }] },
      [
        'spec.scores[0].name: Unsupported value: "Luck": supported values: "ImageLocality", "NodeResourcesBalancedAllocation", "NodeResourcesLeastAllocated", "NodeResourcesMostAllocated", "NodeResourcesRequestedToCapacityRatio", "PreferUntainted", "PreferredInterPodAffinity", "PreferredNodeAffinity", "PreferredTopologySpread", "SpreadByOwner"',
      ],
    ],
    [
      'has weights out of range, or of the same score twice',
      {
        scores: [
          { name: 'SpreadByOwner', weight: 101 },
          { name: 'SpreadByOwner', weight: -1 },
        ],
      },
      [
        'spec.scores[1].name: Duplicate value: "SpreadByOwner"',
        'spec.scores[0].weight: Invalid value: 101: must be between 0 and 100, inclusive',
        'spec.scores[1].weight: Invalid value: -1: must be between 0 and 100, inclusive',
      ],
    ],
    [
      'wants nodes full and empty at once',
      { scores: ['NodeResourcesMostAllocated', 'NodeResourcesLeastAllocated'].map((name) => ({ name, weight: 1 })) },
      [
        'spec.scores[0]: Forbidden: contradicts NodeResourcesLeastAllocated: only one of NodeResourcesLeastAllocated, NodeResourcesMostAllocated, NodeResourcesRequestedToCapacityRatio may have a weight',
      ],
    ],
    [
      'has parameters of what is off',
      { parameters: { NodeResourcesMostAllocated: {} } },
      ['spec.parameters.NodeResourcesMostAllocated: Forbidden: no score of this name has a weight in spec.scores'],
    ],
    [
      'rates by a shape that it does not have',
      { scores: [{ name: RATIO, weight: 1 }] },
      [`spec.parameters.${RATIO}.shape: Required value: ${RATIO} has no shape of its own`],
    ],
    [
      'rates by a shape without points',
      ratioOf([]),
      [`spec.parameters.${RATIO}.shape: Required value: at least one point must be specified`],
    ],
    [
      'rates by a shape that is none',
      ratioOf([
        { utilization: 50, score: 11 },
        { utilization: 50, score: 0 },
        { utilization: 101, score: 0 },
      ]),
      [
        `spec.parameters.${RATIO}.shape[2].utilization: Invalid value: 101: must be between 0 and 100, inclusive`,
        `spec.parameters.${RATIO}.shape[0].score: Invalid value: 11: must be between 0 and 10, inclusive`,
        `spec.parameters.${RATIO}.shape[1].utilization: Invalid value: 50: utilization values must be sorted in increasing order`,
      ],
    ],
    [
      'weighs resources as they cannot be',
      {
        scores: [{ name: 'NodeResourcesMostAllocated', weight: 1 }],
        parameters: {
          NodeResourcesMostAllocated: { resources: [{ name: 'cpu', weight: 0 }, { name: 'cpu' }, { name: '' }] },
        },
      },
      [
        'spec.parameters.NodeResourcesMostAllocated.resources[1].name: Duplicate value: "cpu"',
        'spec.parameters.NodeResourcesMostAllocated.resources[2].name: Required value',
        'spec.parameters.NodeResourcesMostAllocated.resources[0].weight: Invalid value: 0: must be between 1 and 100, inclusive',
      ],
    ],
    [
      'is longer than anybody needs',
      { scores: Array.from({ length: 65 }, () => ({ name: 'SpreadByOwner' })), percentageOfNodesToScore: 101 },
      [
        'spec.scores: Too many: 65: must have at most 64 items',
        'spec.percentageOfNodesToScore: Invalid value: 101: must be between 0 and 100, inclusive',
      ],
    ],
  ])('is refused when it %s', (_, spec, expected) => {
    expect(causes(spec)).toEqual(expected);
  });

  it('is not called as the policy that every cluster has', () => {
    expect(causes({}, 'default')).toEqual([
      'metadata.name: Invalid value: "default": is reserved for the policy that every cluster has',
    ]);
  });
});
