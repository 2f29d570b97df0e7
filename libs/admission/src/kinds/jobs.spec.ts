import { builtIn } from '@shiplog/contracts';
import { created, SEED } from '../testing/builders';
import { anObject, aTemplate, changed, wrongWith, wrongWithChange } from '../testing/workloads';
import { warningsOf } from '../warnings';

const jobs = 'jobs.batch';
const job = (spec: Record<string, unknown> = {}, metadata = {}) =>
  anObject(
    jobs,
    { spec: { template: { spec: { ...(aTemplate()['spec'] as object), restartPolicy: 'Never' } }, ...spec } },
    metadata,
  );
const indexed = (spec: Record<string, unknown> = {}) => job({ completionMode: 'Indexed', completions: 5, ...spec });
const negative = (field: string) => `spec.${field}: Invalid value: -1: must be greater than or equal to 0`;
const LABELS = {
  'batch.kubernetes.io/controller-uid': SEED,
  'batch.kubernetes.io/job-name': 'web',
  'controller-uid': SEED,
  'job-name': 'web',
};

describe('a new job', () => {
  it('has its defaults, and the labels by which it knows its pods', () => {
    const made = created(jobs, job({ template: aTemplate({ restartPolicy: 'OnFailure' }) }));
    expect(made).toMatchObject({
      metadata: { generation: 1, labels: { app: 'web', ...LABELS } },
      spec: {
        completions: 1,
        parallelism: 1,
        backoffLimit: 6,
        completionMode: 'NonIndexed',
        suspend: false,
        podReplacementPolicy: 'TerminatingOrFailed',
        manualSelector: false,
        selector: { matchLabels: { 'batch.kubernetes.io/controller-uid': SEED } },
        template: { metadata: { labels: { app: 'web', ...LABELS } }, spec: { dnsPolicy: 'ClusterFirst' } },
      },
      status: {},
    });
    expect(created(jobs, job({ parallelism: 2 })).spec).not.toHaveProperty('completions');
    expect(created(jobs, indexed({ backoffLimitPerIndex: 1 })).spec?.backoffLimit).toBe(2147483647);
    const policy = { rules: [{ action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget' }] }] };
    expect(created(jobs, job({ podFailurePolicy: policy })).spec).toMatchObject({
      podReplacementPolicy: 'Failed',
      podFailurePolicy: { rules: [{ onPodConditions: [{ status: 'True' }] }] },
    });
  });

  it('has the labels of its pods where it has none of its own', () => {
    expect(created(jobs, job()).metadata.labels).toEqual(LABELS);
    expect(created(jobs, job({}, { labels: { mine: 'x' } })).metadata.labels).toEqual({ mine: 'x' });
    const manual = { manualSelector: true, selector: { matchLabels: { app: 'web' } } };
    const template = aTemplate({ restartPolicy: 'Never' });
    expect(created(jobs, job({ ...manual, template })).metadata.labels).toEqual({ app: 'web' });
  });

  it('selects pods by hand where its author wants to', () => {
    const selector = { matchLabels: { app: 'web' } };
    const template = aTemplate({ restartPolicy: 'Never' });
    const made = created(jobs, job({ manualSelector: true, selector, template }));
    expect(made.spec).toMatchObject({ selector, template: { metadata: { labels: { app: 'web' } } } });
    expect(wrongWith(jobs, job({ manualSelector: true, template }))).toEqual([
      'spec.selector: Required value',
      'spec.template.metadata.labels: Invalid value: map[string]string{"app":"web"}: `selector` does not match template `labels`',
    ]);
  });

  it('is refused with labels or a selector that another job would have', () => {
    const labels = { 'job-name': 'other' };
    const template = { metadata: { labels }, spec: { ...(aTemplate()['spec'] as object), restartPolicy: 'Never' } };
    expect(wrongWith(jobs, job({ template }))).toEqual([
      expect.stringMatching(
        /^spec\.template\.metadata\.labels\[job-name\]: Invalid value: map\[string\].*: must be 'web'$/,
      ),
    ]);
    expect(wrongWith(jobs, job({ selector: { matchLabels: { app: 'web' } } }))).toEqual([
      expect.stringMatching(/^spec\.selector: Invalid value: v1\.LabelSelector\{.*: `selector` not auto-generated$/),
      expect.stringMatching(/^spec\.template\.metadata\.labels: .*: `selector` does not match template `labels`$/),
    ]);
  });

  const rule = (fields: object) => ({ podFailurePolicy: { rules: [{ action: 'FailJob', ...fields }] } });
  const codes = (fields: object) => rule({ onExitCodes: { operator: 'In', values: [1], ...fields } });
  const success = (fields: object) => ({ successPolicy: { rules: [fields] } });
  const at = 'spec.podFailurePolicy.rules[0]';

  it.each<[Record<string, unknown>, string[]]>([
    [{ parallelism: -1 }, [negative('parallelism')]],
    [{ completions: -1 }, [negative('completions')]],
    [{ activeDeadlineSeconds: -1 }, [negative('activeDeadlineSeconds')]],
    [{ backoffLimit: -1 }, [negative('backoffLimit')]],
    [{ ttlSecondsAfterFinished: -1 }, [negative('ttlSecondsAfterFinished')]],
    [
      { maxFailedIndexes: 1 },
      [
        'spec.backoffLimitPerIndex: Required value: when maxFailedIndexes is specified',
        'spec.maxFailedIndexes: Invalid value: 1: requires indexed completion mode',
      ],
    ],
    [{ backoffLimitPerIndex: 1 }, ['spec.backoffLimitPerIndex: Invalid value: 1: requires indexed completion mode']],
    [{ managedBy: '' }, ['spec.managedBy: Required value']],
    [
      { managedBy: 'me' },
      ['spec.managedBy: Invalid value: "me": must be a domain-prefixed path (such as "acme.io/foo")'],
    ],
    [{ managedBy: `a.b/${'c'.repeat(60)}` }, ['spec.managedBy: Too long: may not be more than 63 bytes']],
    [
      { completionMode: 'Some' },
      ['spec.completionMode: Unsupported value: "Some": supported values: "Indexed", "NonIndexed"'],
    ],
    [
      { completionMode: 'Indexed', completions: undefined, parallelism: 1 },
      ['spec.completions: Required value: when completion mode is Indexed'],
    ],
    [
      { completionMode: 'Indexed', completions: 5, parallelism: 100_001 },
      ['spec.parallelism: Invalid value: 100001: must be less than or equal to 100000 when completion mode is Indexed'],
    ],
    [
      { completionMode: 'Indexed', completions: 5, backoffLimitPerIndex: 1, maxFailedIndexes: 6 },
      ['spec.maxFailedIndexes: Invalid value: 6: must be less than or equal to completions'],
    ],
    [
      { completionMode: 'Indexed', completions: 100_001, parallelism: 10_001, backoffLimitPerIndex: 1 },
      [
        'spec.maxFailedIndexes: Required value: must be specified when completions is above 100000',
        'spec.parallelism: Invalid value: 10001: must be less than or equal to 10000 when completions are above 100000 and used with backoff limit per index',
      ],
    ],
    [
      { podReplacementPolicy: 'Never' },
      ['spec.podReplacementPolicy: Unsupported value: "Never": supported values: "Failed", "TerminatingOrFailed"'],
    ],
    [
      { ...codes({}), podReplacementPolicy: 'TerminatingOrFailed' },
      ['spec.podReplacementPolicy: Unsupported value: "TerminatingOrFailed": supported values: "Failed"'],
    ],
    [
      { template: aTemplate() },
      ['spec.template.spec.restartPolicy: Required value: valid values: "OnFailure", "Never"'],
    ],
    [
      { ...codes({}), template: aTemplate({ restartPolicy: 'OnFailure' }) },
      [
        'spec.template.spec.restartPolicy: Invalid value: "OnFailure": only "Never" is supported when podFailurePolicy is specified',
      ],
    ],
    [
      rule({ action: '', onPodConditions: [{ type: 'A b', status: 'Maybe' }] }),
      [
        `${at}.action: Required value: valid values: ["Count" "FailIndex" "FailJob" "Ignore"]`,
        expect.stringContaining(
          `${at}.onPodConditions[0].type: Invalid value: "A b": name part must consist of`,
        ) as string,
        `${at}.onPodConditions[0].status: Unsupported value: "Maybe": supported values: "False", "True", "Unknown"`,
      ],
    ],
    [
      rule({ action: 'Retry' }),
      [
        `${at}.action: Unsupported value: "Retry": supported values: "Count", "FailIndex", "FailJob", "Ignore"`,
        `${at}: Invalid value: specifying one of OnExitCodes and OnPodConditions is required`,
      ],
    ],
    [
      codes({ operator: 'Between', containerName: 'other', values: [] }),
      [
        `${at}.onExitCodes.operator: Unsupported value: "Between": supported values: "In", "NotIn"`,
        `${at}.onExitCodes.containerName: Invalid value: "other": must be one of the container or initContainer names in the pod template`,
        `${at}.onExitCodes.values: Invalid value: []int32{}: at least one value is required`,
      ],
    ],
    [
      codes({ values: [3, 0, 3] }),
      [
        `${at}.onExitCodes.values[1]: Invalid value: 0: must not be 0 for the In operator`,
        `${at}.onExitCodes.values[2]: Duplicate value: 3`,
        `${at}.onExitCodes.values: Invalid value: []int32{3, 0, 3}: must be ordered`,
      ],
    ],
    [
      {
        ...rule({
          action: 'FailIndex',
          onExitCodes: { operator: 'In', values: [1] },
          onPodConditions: [{ type: 'A' }],
        }),
      },
      [
        `${at}.action: Invalid value: "FailIndex": requires the backoffLimitPerIndex to be set`,
        `${at}: Invalid value: specifying both OnExitCodes and OnPodConditions is not supported`,
      ],
    ],
    [
      { podFailurePolicy: { rules: Array.from({ length: 21 }, () => codes({}).podFailurePolicy.rules[0]) } },
      ['spec.podFailurePolicy.rules: Too many: 21: must have at most 20 items'],
    ],
    [
      codes({ values: Array.from({ length: 256 }, (_, i) => i + 1) }),
      [`${at}.onExitCodes.values: Too many: 256: must have at most 255 items`],
    ],
    [codes({ operator: '' }), [`${at}.onExitCodes.operator: Required value: valid values: ["In" "NotIn"]`]],
    [
      rule({ onPodConditions: Array.from({ length: 21 }, (_, i) => ({ type: `C${i}` })) }),
      [`${at}.onPodConditions: Too many: 21: must have at most 20 items`],
    ],
    [
      { managedBy: 'A_/b' },
      [
        expect.stringContaining(
          'spec.managedBy: Invalid value: "A_": a lowercase RFC 1123 subdomain must consist of',
        ) as string,
      ],
    ],
    [
      { managedBy: 'a.b/c d' },
      [
        "spec.managedBy: Invalid value: \"c d\": Invalid path (regex used for validation is '[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+')",
      ],
    ],
    [
      { completionMode: 'Indexed', completions: 200_000, backoffLimitPerIndex: 1, maxFailedIndexes: 100_001 },
      [
        'spec.maxFailedIndexes: Invalid value: 100001: must be less than or equal to 100000',
        'spec.maxFailedIndexes: Invalid value: 100001: must be less than or equal to 10000 when completions are above 100000 and used with backoff limit per index',
      ],
    ],
    [
      { template: aTemplate({ restartPolicy: 'Sometimes' }) },
      [
        'spec.template.spec.restartPolicy: Unsupported value: "Sometimes": supported values: "Always", "Never", "OnFailure"',
        'spec.template.spec.restartPolicy: Unsupported value: "Sometimes": supported values: "Never", "OnFailure"',
      ],
    ],
    [
      success({ succeededCount: 1 }),
      ['spec.successPolicy: Invalid value: {"rules":[{"succeededCount":1}]}: requires indexed completion mode'],
    ],
    [
      { completionMode: 'Indexed', completions: 5, successPolicy: { rules: [] } },
      [
        'spec.successPolicy.rules: Required value: at least one rules must be specified when the successPolicy is specified',
      ],
    ],
    [
      { completionMode: 'Indexed', completions: 5, ...success({}) },
      [
        'spec.successPolicy.rules[0]: Required value: at least one of succeededCount or succeededIndexes must be specified',
      ],
    ],
    [
      { completionMode: 'Indexed', completions: 5, ...success({ succeededIndexes: '1,3-5' }) },
      [
        'spec.successPolicy.rules[0].succeededIndexes: Invalid value: "1,3-5": error parsing succeededIndexes: too large index: "5"',
      ],
    ],
    [
      { completionMode: 'Indexed', completions: 5, successPolicy: { rules: Array(21).fill({ succeededCount: 1 }) } },
      ['spec.successPolicy.rules: Too many: 21: must have at most 20 items'],
    ],
    [
      { completionMode: 'Indexed', completions: 5, ...success({ succeededCount: -1 }) },
      ['spec.successPolicy.rules[0].succeededCount: Invalid value: -1: must be greater than or equal to 0'],
    ],
    [
      { completionMode: 'Indexed', completions: 5, ...success({ succeededCount: 6 }) },
      [
        'spec.successPolicy.rules[0].succeededCount: Invalid value: 6: must be less than or equal to 5 (the number of specified completions)',
      ],
    ],
    [
      { completionMode: 'Indexed', completions: 5, ...success({ succeededIndexes: '1-2-3' }) },
      [
        `spec.successPolicy.rules[0].succeededIndexes: Invalid value: "1-2-3": error parsing succeededIndexes: the fragment "1-2-3" violates the requirement that an index interval can have at most two parts separated by '-'`,
      ],
    ],
    [
      { completionMode: 'Indexed', completions: 5, ...success({ succeededIndexes: 'a' }) },
      [
        'spec.successPolicy.rules[0].succeededIndexes: Invalid value: "a": error parsing succeededIndexes: cannot convert string to integer for index: "a"',
      ],
    ],
    [
      { completionMode: 'Indexed', completions: 5, ...success({ succeededIndexes: '0-2', succeededCount: 4 }) },
      [
        'spec.successPolicy.rules[0].succeededCount: Invalid value: 4: must be less than or equal to 3 (the number of indexes in the specified succeededIndexes field)',
      ],
    ],
  ])('is refused: %j', (spec, expected) => {
    expect(wrongWith(jobs, job(spec))).toEqual(expected);
  });

  it('has a name to which its indexes can be added', () => {
    expect(wrongWith(jobs, { ...indexed(), metadata: { name: 'a'.repeat(62), namespace: 'default' } })).toEqual([
      `metadata.name: Invalid value: "${'a'.repeat(62)}": will not able to create pod with invalid DNS label: ${'a'.repeat(62)}-4`,
    ]);
  });

  it('is warned of what can not be kept count of', () => {
    const made = created(jobs, indexed({ completions: 100_001, parallelism: 10_001 }));
    expect(warningsOf(builtIn(jobs), made)).toEqual([expect.stringContaining('might not be able to track')]);
  });
});

describe('a change of a job', () => {
  const before = created(jobs, job());

  it.each<[Record<string, unknown>, string]>([
    [{ completions: 3 }, 'spec.completions: Invalid value: 3: field is immutable'],
    [{ managedBy: 'a.b/c' }, 'spec.managedBy: Invalid value: "a.b/c": field is immutable'],
    [{ completionMode: 'Indexed' }, 'spec.completionMode: Invalid value: "Indexed": field is immutable'],
    [
      {
        podFailurePolicy: { rules: [{ action: 'Ignore', onPodConditions: [{ type: 'A', status: 'True' }] }] },
        podReplacementPolicy: 'Failed',
      },
      'spec.podFailurePolicy: Invalid value: {"rules":[{"action":"Ignore","onPodConditions":[{"type":"A","status":"True"}]}]}: field is immutable',
    ],
  ])('leaves as it was: %j', (fields, expected) => {
    expect(wrongWithChange(jobs, before, { spec: { ...before.spec, ...fields } })).toEqual([expected]);
  });

  it('may be of what a running job looks at', () => {
    const spec = { ...before.spec, parallelism: 4, suspend: true, backoffLimit: 2, activeDeadlineSeconds: 9 };
    expect(changed(jobs, before, { spec }).metadata.generation).toBe(2);
    expect(wrongWithChange(jobs, before, { spec: { ...before.spec, selector: undefined } })).toContain(
      'spec.selector: Required value',
    );
  });

  it('leaves the policies of one that is indexed', () => {
    const made = created(jobs, indexed());
    const to = (fields: object) => wrongWithChange(jobs, made, { spec: { ...made.spec, ...fields } });
    expect(to({ backoffLimitPerIndex: 1 })).toEqual([
      'spec.backoffLimitPerIndex: Invalid value: 1: field is immutable',
    ]);
    expect(to({ successPolicy: { rules: [{ succeededCount: 1 }] } })).toEqual([
      'spec.successPolicy: Invalid value: {"rules":[{"succeededCount":1}]}: field is immutable',
    ]);
    expect(to({ completionMode: 'NonIndexed' })).toEqual([
      'spec.completionMode: Invalid value: "NonIndexed": field is immutable',
    ]);
  });

  it('leaves its selector, and the labels by which it knows its pods', () => {
    const selector = { matchLabels: { 'job-name': 'web' } };
    expect(wrongWithChange(jobs, before, { spec: { ...before.spec, selector } })).toEqual([
      'spec.selector: Invalid value: v1.LabelSelector{MatchLabels:map[string]string{"job-name":"web"}, MatchExpressions:[]v1.LabelSelectorRequirement(nil)}: field is immutable',
    ]);
  });

  it('may scale one that is indexed', () => {
    const made = created(jobs, indexed({ parallelism: 5 }));
    expect(wrongWithChange(jobs, made, { spec: { ...made.spec, completions: 3, parallelism: 3 } })).toEqual([]);
    expect(wrongWithChange(jobs, made, { spec: { ...made.spec, completions: 3 } })).toEqual([
      'spec.completions: Invalid value: 3: can only be modified in tandem with spec.parallelism',
    ]);
  });

  it('may move the pods of one that waits, and of no other', () => {
    const moved = ({ spec }: typeof before) => {
      const template = { ...spec?.template, spec: { ...spec?.template.spec, nodeSelector: { disk: 'ssd' } } };
      return { spec: { ...spec, template } };
    };
    const waiting = created(jobs, job({ suspend: true }));
    expect(wrongWithChange(jobs, waiting, moved(waiting))).toEqual([]);
    expect(wrongWithChange(jobs, before, moved(before))).toEqual([
      expect.stringMatching(/^spec\.template: Invalid value: .*: field is immutable$/),
    ]);
  });
});
