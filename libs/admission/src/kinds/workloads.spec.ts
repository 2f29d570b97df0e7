import { type BuiltIn, builtIn } from '@shiplog/contracts';
import { scaleOf } from '../scale';
import { admission, created, valueOf } from '../testing/builders';
import { anObject, aTemplate, aWorkload, changed, withStatus, wrongWith, wrongWithChange } from '../testing/workloads';
import { admitUpdate } from '../update';
import { warningsOf } from '../warnings';

const MISMATCH = '`selector` does not match template `labels`';
const PERCENT =
  "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')";
const negative = (field: string) => `${field}: Invalid value: -1: must be greater than or equal to 0`;
const rolling = (rollingUpdate: object) => ({ type: 'RollingUpdate', rollingUpdate });
const goSelector = (labels: string, requirements = '(nil)') =>
  `v1.LabelSelector{MatchLabels:map[string]string${labels}, MatchExpressions:[]v1.LabelSelectorRequirement${requirements}}`;

const deployments = 'deployments.apps';
const replicaSets = 'replicasets.apps';
const statefulSets = 'statefulsets.apps';
const daemonSets = 'daemonsets.apps';
const SETS = [deployments, replicaSets, statefulSets, daemonSets] as const;

describe('a new set of pods', () => {
  it.each<[BuiltIn, Record<string, unknown>, string[]]>([
    [deployments, { replicas: -1 }, [negative('spec.replicas')]],
    [deployments, { minReadySeconds: -1 }, [negative('spec.minReadySeconds')]],
    [deployments, { revisionHistoryLimit: -1 }, [negative('spec.revisionHistoryLimit')]],
    [
      deployments,
      { progressDeadlineSeconds: 5, minReadySeconds: 5 },
      ['spec.progressDeadlineSeconds: Invalid value: 5: must be greater than minReadySeconds'],
    ],
    [
      deployments,
      { selector: undefined },
      [
        'spec.selector: Required value',
        `spec.template.metadata.labels: Invalid value: map[string]string{"app":"web"}: ${MISMATCH}`,
      ],
    ],
    [
      deployments,
      { selector: {} },
      [`spec.selector: Invalid value: ${goSelector('(nil)')}: empty selector is invalid for deployment`],
    ],
    [
      deployments,
      { selector: { matchExpressions: [{ key: 'app', operator: 'Has', values: ['x'] }] } },
      [
        'spec.selector.matchExpressions[0].operator: Invalid value: "Has": not a valid selector operator',
        `spec.selector: Invalid value: ${goSelector('(nil)', '{v1.LabelSelectorRequirement{Key:"app", Operator:"Has", Values:[]string{"x"}}}')}: invalid label selector`,
      ],
    ],
    [
      deployments,
      { selector: { matchLabels: { app: 'other' } } },
      [`spec.template.metadata.labels: Invalid value: map[string]string{"app":"web"}: ${MISMATCH}`],
    ],
    [
      deployments,
      { template: aTemplate({ restartPolicy: 'Never', activeDeadlineSeconds: 1 }) },
      [
        'spec.template.spec.restartPolicy: Unsupported value: "Never": supported values: "Always"',
        'spec.template.spec.activeDeadlineSeconds: Forbidden: activeDeadlineSeconds in ReplicaSet is not Supported',
      ],
    ],
    [deployments, { template: aTemplate({ containers: [] }) }, ['spec.template.spec.containers: Required value']],
    [
      deployments,
      { strategy: { type: 'Sudden' } },
      ['spec.strategy: Unsupported value: {"type":"Sudden"}: supported values: "Recreate", "RollingUpdate"'],
    ],
    [
      deployments,
      { strategy: { type: 'Recreate', rollingUpdate: {} } },
      ["spec.strategy.rollingUpdate: Forbidden: may not be specified when strategy `type` is 'Recreate'"],
    ],
    [
      deployments,
      { strategy: rolling({ maxUnavailable: '0%', maxSurge: 0 }) },
      [
        'spec.strategy.rollingUpdate.maxUnavailable: Invalid value: intstr.IntOrString{Type:1, IntVal:0, StrVal:"0%"}: may not be 0 when `maxSurge` is 0',
      ],
    ],
    [
      deployments,
      { strategy: rolling({ maxUnavailable: '101%', maxSurge: 'some' }) },
      [
        `spec.strategy.rollingUpdate.maxSurge: Invalid value: intstr.IntOrString{Type:1, IntVal:0, StrVal:"some"}: ${PERCENT}`,
        'spec.strategy.rollingUpdate.maxUnavailable: Invalid value: intstr.IntOrString{Type:1, IntVal:0, StrVal:"101%"}: must not be greater than 100%',
      ],
    ],
    [replicaSets, { replicas: -1, minReadySeconds: -1 }, [negative('spec.replicas'), negative('spec.minReadySeconds')]],
    [
      replicaSets,
      { template: undefined },
      [
        `spec.template.metadata.labels: Invalid value: map[string]string(nil): ${MISMATCH}`,
        'spec.template.spec.containers: Required value',
      ],
    ],
    [
      replicaSets,
      { selector: {} },
      [`spec.selector: Invalid value: ${goSelector('(nil)')}: empty selector is invalid for deployment`],
    ],
    [
      statefulSets,
      { selector: {} },
      [`spec.selector: Invalid value: ${goSelector('(nil)')}: empty selector is invalid for statefulset`],
    ],
    [
      statefulSets,
      { selector: { matchLabels: { 'a b': '' } } },
      [
        expect.stringContaining('spec.selector.matchLabels: Invalid value: "a b": name part must consist of') as string,
        `spec.selector: Invalid value: ${goSelector('{"a b":""}')}`,
      ],
    ],
    [
      statefulSets,
      { selector: undefined },
      [
        'spec.selector: Required value',
        `spec.template.metadata.labels: Invalid value: map[string]string{"app":"web"}: ${MISMATCH}`,
      ],
    ],
    [
      statefulSets,
      { podManagementPolicy: 'Any' },
      [`spec.podManagementPolicy: Invalid value: "Any": must be 'OrderedReady' or 'Parallel'`],
    ],
    [
      statefulSets,
      { updateStrategy: { type: 'OnDelete', rollingUpdate: { partition: 1 } } },
      [
        `spec.updateStrategy.rollingUpdate: Invalid value: {"partition":1}: only allowed for updateStrategy 'RollingUpdate'`,
      ],
    ],
    [
      statefulSets,
      { updateStrategy: { type: 'Never' } },
      [`spec.updateStrategy: Invalid value: {"type":"Never"}: must be 'RollingUpdate' or 'OnDelete'`],
    ],
    [
      statefulSets,
      { updateStrategy: rolling({ partition: -1 }) },
      [negative('spec.updateStrategy.rollingUpdate.partition')],
    ],
    [
      statefulSets,
      { persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Sell', whenScaled: 'Delete' } },
      [
        'spec.persistentVolumeClaimRetentionPolicy.whenDeleted: Unsupported value: "Sell": supported values: "Delete", "Retain"',
      ],
    ],
    [
      statefulSets,
      { replicas: -1, minReadySeconds: -1, ordinals: { start: -1 } },
      [negative('spec.replicas'), negative('spec.minReadySeconds'), negative('spec.ordinals.start')],
    ],
    [
      statefulSets,
      { template: aTemplate({ restartPolicy: 'Never', activeDeadlineSeconds: 1 }) },
      [
        'spec.template.spec.restartPolicy: Unsupported value: "Never": supported values: "Always"',
        'spec.template.spec.activeDeadlineSeconds: Forbidden: activeDeadlineSeconds in StatefulSet is not Supported',
      ],
    ],
    [
      daemonSets,
      { selector: undefined },
      [`spec.template.metadata.labels: Invalid value: map[string]string{"app":"web"}: ${MISMATCH}`],
    ],
    [
      daemonSets,
      { selector: { matchLabels: { app: 'other' } } },
      [`spec.template.metadata.labels: Invalid value: map[string]string{"app":"web"}: ${MISMATCH}`],
    ],
    [
      daemonSets,
      { template: aTemplate({ restartPolicy: 'OnFailure', activeDeadlineSeconds: 1 }) },
      [
        'spec.template.spec.restartPolicy: Unsupported value: "OnFailure": supported values: "Always"',
        'spec.template.spec.activeDeadlineSeconds: Forbidden: activeDeadlineSeconds in DaemonSet is not Supported',
      ],
    ],
    [
      daemonSets,
      { selector: {} },
      [`spec.selector: Invalid value: ${goSelector('(nil)')}: empty selector is invalid for daemonset`],
    ],
    [
      daemonSets,
      { updateStrategy: rolling({ maxUnavailable: 1, maxSurge: 1 }) },
      [
        'spec.updateStrategy.rollingUpdate.maxSurge: Invalid value: intstr.IntOrString{Type:0, IntVal:1, StrVal:""}: may not be set when maxUnavailable is non-zero',
      ],
    ],
    [
      daemonSets,
      { updateStrategy: rolling({ maxUnavailable: 0 }) },
      ['spec.updateStrategy.rollingUpdate.maxUnavailable: Required value: cannot be 0 when maxSurge is 0'],
    ],
    [
      daemonSets,
      { updateStrategy: rolling({ maxUnavailable: -1, maxSurge: '101%' }) },
      [
        negative('spec.updateStrategy.rollingUpdate.maxUnavailable'),
        'spec.updateStrategy.rollingUpdate.maxSurge: Invalid value: intstr.IntOrString{Type:1, IntVal:0, StrVal:"101%"}: must not be greater than 100%',
        'spec.updateStrategy.rollingUpdate.maxSurge: Invalid value: intstr.IntOrString{Type:1, IntVal:0, StrVal:"101%"}: may not be set when maxUnavailable is non-zero',
      ],
    ],
    [
      daemonSets,
      { updateStrategy: { type: 'Never' } },
      ['spec.updateStrategy: Unsupported value: {"type":"Never"}: supported values: "OnDelete", "RollingUpdate"'],
    ],
    [
      daemonSets,
      { minReadySeconds: -1, revisionHistoryLimit: -1 },
      [negative('spec.minReadySeconds'), negative('spec.revisionHistoryLimit')],
    ],
  ])('is refused: %s %j', (resource, spec, expected) => {
    expect(wrongWith(resource, aWorkload(resource, spec))).toEqual(expected);
  });

  it('has all defaults of its kind', () => {
    const template = created(deployments, aWorkload(deployments)).spec?.template;
    expect(template?.spec).toMatchObject({ restartPolicy: 'Always', dnsPolicy: 'ClusterFirst', securityContext: {} });
    const selector = { matchLabels: { app: 'web' } };
    expect(created(deployments, aWorkload(deployments))).toMatchObject({
      metadata: { generation: 1 },
      spec: {
        replicas: 1,
        selector,
        template,
        strategy: rolling({ maxUnavailable: '25%', maxSurge: '25%' }),
        revisionHistoryLimit: 10,
        progressDeadlineSeconds: 600,
      },
      status: {},
    });
    expect(created(replicaSets, aWorkload(replicaSets)).spec).toEqual({ replicas: 1, selector, template });
    expect(created(statefulSets, aWorkload(statefulSets)).spec).toEqual({
      replicas: 1,
      selector,
      template,
      podManagementPolicy: 'OrderedReady',
      updateStrategy: rolling({ partition: 0 }),
      persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Retain', whenScaled: 'Retain' },
      revisionHistoryLimit: 10,
    });
    expect(created(daemonSets, aWorkload(daemonSets)).spec).toEqual({
      selector,
      template,
      updateStrategy: rolling({ maxUnavailable: 1, maxSurge: 0 }),
      revisionHistoryLimit: 10,
    });
  });

  it.each(SETS)('keeps no status that was submitted, and is warned of what its pods will be: %s', (resource) => {
    const template = aTemplate({ nodeSelector: { 'beta.kubernetes.io/os': 'linux' } });
    const object = aWorkload(resource, { template });
    const set = created(resource, { ...object, status: { replicas: 7, numberReady: 7 } });
    expect(JSON.stringify(set.status)).not.toContain('7');
    expect(warningsOf(builtIn(resource), set)).toEqual([
      'spec.template.spec.nodeSelector[beta.kubernetes.io/os]: deprecated since v1.14; use "kubernetes.io/os" instead',
    ]);
    expect(warningsOf(builtIn(resource), set, set)).toEqual([]);
  });

  it('is warned of what its claims will be, by the paths that Kubernetes has', () => {
    const volumeClaimTemplates = [
      {
        metadata: { name: 'data' },
        spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '100m' } } },
      },
    ];
    const set = created(statefulSets, aWorkload(statefulSets, { volumeClaimTemplates }));
    const text = 'resources.requests[storage]: fractional byte value "100m" is invalid, must be an integer';
    expect(warningsOf(builtIn(statefulSets), set)).toEqual([`spec.volumeClaimTemplates[0].${text}`]);
    expect(warningsOf(builtIn(statefulSets), set, set)).toEqual([`spec.volumeClaimTemplates[0].Spec.${text}`]);
  });

  it('has a name by which its pods can be called, if it is a stateful one', () => {
    const name = 'a.b';
    expect(wrongWith(statefulSets, aWorkload(statefulSets, {}, { name }))).toEqual([
      expect.stringMatching(/^metadata\.name: Invalid value: "a\.b": a lowercase RFC 1123 label must consist of/),
    ]);
    for (const resource of [deployments, replicaSets] as const) {
      const set = created(resource, aWorkload(resource, {}, { name }));
      expect(warningsOf(builtIn(resource), set)).toEqual([
        expect.stringMatching(
          /^metadata\.name: this is used in Pod names and hostnames, which can result in surprising/,
        ),
      ]);
    }
  });

  it.each(SETS)('is accepted with everything that a real one has: %s', (resource) => {
    const template = aTemplate({
      initContainers: [{ name: 'migrate', image: 'example.com/web:2.1', command: ['migrate'] }],
      containers: [
        {
          name: 'app',
          image: 'example.com/web:2.1',
          ports: [{ name: 'http', containerPort: 8080, protocol: 'TCP' }],
          env: [{ name: 'POD', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } }],
          resources: { requests: { cpu: '100m', memory: '64Mi' }, limits: { memory: '128Mi' } },
          readinessProbe: { httpGet: { path: '/ready', port: 'http' } },
          volumeMounts: [{ name: 'conf', mountPath: '/etc/web' }],
        },
      ],
      volumes: [{ name: 'conf', configMap: { name: 'web' } }],
    });
    const selector = { matchLabels: { app: 'web' }, matchExpressions: [{ key: 'old', operator: 'DoesNotExist' }] };
    expect(wrongWith(resource, aWorkload(resource, { template, selector }))).toEqual([]);
  });
});

describe('a change of a set of pods', () => {
  it.each([deployments, replicaSets, daemonSets] as const)('leaves its selector as it was: %s', (resource) => {
    const before = created(resource, aWorkload(resource));
    const { spec } = aWorkload(resource, {
      selector: { matchLabels: { app: 'web', tier: 'b' } },
      template: { ...aTemplate(), metadata: { labels: { app: 'web', tier: 'b' } } },
    });
    expect(wrongWithChange(resource, before, { spec })).toEqual([
      `spec.selector: Invalid value: ${goSelector('{"app":"web", "tier":"b"}')}: field is immutable`,
    ]);
  });

  it('of which a stateful set admits only some', () => {
    const before = created(statefulSets, aWorkload(statefulSets));
    expect(wrongWithChange(statefulSets, before, { spec: { ...before.spec, serviceName: 'other' } })).toEqual([
      "spec: Forbidden: updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden",
    ]);
    const spec = { ...before.spec, replicas: 3, ordinals: { start: 1 }, minReadySeconds: 5 };
    expect(wrongWithChange(statefulSets, before, { spec })).toEqual([]);
  });

  it.each(SETS)('counts generations with the spec alone: %s', (resource) => {
    const before = created(resource, aWorkload(resource));
    const labelled = changed(resource, before, { metadata: { ...before.metadata, labels: { a: 'b' } } });
    expect(labelled.metadata.generation).toBe(1);
    const moved = changed(resource, before, { spec: { ...before.spec, minReadySeconds: 3 } });
    expect(moved.metadata.generation).toBe(2);
  });

  it('counts as a generation of a deployment, and of no other, when its annotations change', () => {
    const generations = SETS.map((resource) => {
      const before = created(resource, aWorkload(resource));
      const told = changed(resource, before, { metadata: { ...before.metadata, annotations: { note: 'new' } } });
      const same = changed(resource, told, { metadata: { ...told.metadata, labels: { a: 'b' } } });
      return [resource, told.metadata.generation, same.metadata.generation];
    });
    expect(generations).toEqual(
      SETS.map((resource) => (resource === deployments ? [resource, 2, 2] : [resource, 1, 1])),
    );
  });

  it('counts the templates of a daemon set where older versions of the API have that count', () => {
    const generationOf = (set: { metadata: { annotations?: Record<string, string> } }) =>
      set.metadata.annotations?.['deprecated.daemonset.template.generation'];
    const before = created(daemonSets, aWorkload(daemonSets));
    const template = aTemplate({ containers: [{ name: 'app', image: 'nginx:1.28' }] });
    const after = changed(daemonSets, before, { spec: { ...before.spec, template } });
    expect([generationOf(before), generationOf(after)]).toEqual(['1', '2']);
    expect(generationOf(changed(daemonSets, after, { metadata: { ...after.metadata, annotations: {} } }))).toBe('2');
    const bare = { ...after, metadata: { ...after.metadata, annotations: {} } };
    expect(
      generationOf(valueOf(admitUpdate(builtIn(daemonSets), 'status', after, bare, admission())) as typeof after),
    ).toBe('2');
  });
});

describe('the status of a set of pods', () => {
  const more = (field: string, than: string) => `status.${field}: Invalid value: 2: cannot be greater than ${than}`;

  it.each<[BuiltIn, object, string[]]>([
    [deployments, { unavailableReplicas: -1 }, [negative('status.unavailableReplicas')]],
    [
      deployments,
      { replicas: 1, updatedReplicas: 2, readyReplicas: 1, availableReplicas: 2 },
      [
        more('updatedReplicas', 'status.replicas'),
        more('availableReplicas', 'status.replicas'),
        more('availableReplicas', 'readyReplicas'),
      ],
    ],
    [replicaSets, { replicas: 1, fullyLabeledReplicas: 2 }, [more('fullyLabeledReplicas', 'status.replicas')]],
    [replicaSets, { observedGeneration: -1 }, [negative('status.observedGeneration')]],
    [statefulSets, { replicas: 1, currentReplicas: 2 }, [more('currentReplicas', 'status.replicas')]],
    [
      statefulSets,
      { replicas: 2, readyReplicas: 1, availableReplicas: 2 },
      [more('availableReplicas', 'status.readyReplicas')],
    ],
    [
      daemonSets,
      { numberReady: -1, numberUnavailable: -1 },
      ['numberReady', 'numberUnavailable'].map((field) => negative(`status.${field}`)),
    ],
  ])('is refused: %s %j', (resource, status, expected) => {
    expect(wrongWithChange(resource, created(resource, aWorkload(resource)), { status }, 'status')).toEqual(expected);
  });

  it.each([deployments, statefulSets, daemonSets] as const)('has a count of collisions that grows: %s', (resource) => {
    const before = withStatus(resource, created(resource, aWorkload(resource)), { replicas: 0, collisionCount: 2 });
    const decremented = (count: number) => [`status.collisionCount: Invalid value: ${count}: cannot be decremented`];
    expect(wrongWithChange(resource, before, { status: { collisionCount: 1 } }, 'status')).toEqual(decremented(1));
    expect(wrongWithChange(resource, before, { status: {} }, 'status')).toEqual(decremented(0));
    expect(wrongWithChange(resource, before, { status: { collisionCount: 3 } }, 'status')).toEqual([]);
  });

  it('of a deployment comes without labels, and may come with annotations', () => {
    const before = created(deployments, aWorkload(deployments));
    const metadata = { ...before.metadata, labels: { a: 'b' }, annotations: { note: 'new' } };
    const sent = { ...before, metadata, status: { replicas: 1 } };
    const after = valueOf(admitUpdate(builtIn(deployments), 'status', before, sent, admission()));
    expect(after['status']).toEqual({ replicas: 1 });
    expect(after.metadata).toEqual({ ...before.metadata, annotations: { note: 'new' } });
  });

  it('of a replication controller keeps to the same rules', () => {
    const object = anObject('replicationcontrollers', { spec: { template: aTemplate() } });
    const before = created('replicationcontrollers', object);
    const status = { replicas: 1, readyReplicas: 2, availableReplicas: -1 };
    expect(wrongWithChange('replicationcontrollers', before, { status }, 'status')).toEqual([
      negative('status.availableReplicas'),
      more('readyReplicas', 'status.replicas'),
    ]);
  });
});

it.each([deployments, replicaSets, statefulSets] as const)(
  'the scale of %s tells how its pods are found',
  (resource) => {
    const matchExpressions = [{ key: 'tier', operator: 'In', values: ['b', 'a'] }];
    const template = { ...aTemplate(), metadata: { labels: { app: 'web', tier: 'a' } } };
    const set = created(
      resource,
      aWorkload(resource, { selector: { matchLabels: { app: 'web' }, matchExpressions }, template }),
    );
    expect(scaleOf(builtIn(resource).versions[0], set)).toMatchObject({
      spec: { replicas: 1 },
      status: { replicas: 0, selector: 'app=web,tier in (a,b)' },
    });
  },
);

describe('a controller revision', () => {
  const revision = (fields: object) => anObject('controllerrevisions.apps', { revision: 1, data: { a: 1 }, ...fields });

  it('has data, which stay as they are', () => {
    expect(wrongWith('controllerrevisions.apps', revision({ data: undefined }))).toEqual([
      'data: Required value: data is mandatory',
    ]);
    expect(wrongWith('controllerrevisions.apps', revision({ revision: -1 }))).toEqual([negative('revision')]);
    const before = created('controllerrevisions.apps', revision({}));
    expect(wrongWithChange('controllerrevisions.apps', before, { data: { a: 2 } })).toEqual([
      'data: Invalid value: {"a":2}: field is immutable',
    ]);
    expect(changed('controllerrevisions.apps', before, { revision: 2 }).revision).toBe(2);
  });
});

describe('a pod template', () => {
  it('has the defaults of a pod, and keeps to its rules', () => {
    const object = anObject('podtemplates', { template: aTemplate() });
    expect(created('podtemplates', object).template?.spec).toMatchObject({ restartPolicy: 'Always' });
    expect(
      wrongWith('podtemplates', anObject('podtemplates', { template: aTemplate({ restartPolicy: 'x' }) })),
    ).toEqual([
      'template.spec.restartPolicy: Unsupported value: "x": supported values: "Always", "Never", "OnFailure"',
    ]);
    expect(wrongWith('podtemplates', anObject('podtemplates', {}))).toEqual([
      'template.spec.containers: Required value',
    ]);
  });
});
