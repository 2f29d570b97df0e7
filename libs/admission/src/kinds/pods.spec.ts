import { builtIn, type Container, type ObjectOf, type PodSpec, type StoredObject } from '@shiplog/contracts';
import { admitCreate } from '../create';
import { admitUpdate } from '../update';
import { aPod, admission, causesOf, created, fieldsOf, rejectionOf, valueOf } from '../testing/builders';

type Pod = ObjectOf<'pods'>;

const create = (spec: Partial<PodSpec>) => admitCreate(builtIn('pods'), aPod(spec), admission());
const specOf = (spec: Partial<PodSpec>) => valueOf(create(spec))['spec'] as PodSpec;
const app = (fields: Partial<Container>): Container => ({ name: 'app', image: 'nginx:1.27', ...fields });
const firstOf = (fields: Partial<Container>) => specOf({ containers: [app(fields)] }).containers[0];

describe('a new pod', () => {
  it('gets what Kubernetes fills in', () => {
    const pod = created('pods', aPod());
    const [token] = pod.spec?.volumes ?? [];
    expect(token?.name).toMatch(/^kube-api-access-.{5}$/);
    expect(pod).toEqual({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: {
        name: 'web',
        namespace: 'default',
        uid: admission().seed,
        creationTimestamp: '2024-05-05T01:02:03Z',
        generation: 1,
        resourceVersion: '7',
      },
      spec: {
        containers: [
          {
            name: 'app',
            image: 'nginx:1.27',
            imagePullPolicy: 'IfNotPresent',
            resources: {},
            terminationMessagePath: '/dev/termination-log',
            terminationMessagePolicy: 'File',
            volumeMounts: [{ name: token?.name, readOnly: true, mountPath: expect.any(String) as string }],
          },
        ],
        dnsPolicy: 'ClusterFirst',
        enableServiceLinks: true,
        preemptionPolicy: 'PreemptLowerPriority',
        priority: 0,
        restartPolicy: 'Always',
        schedulerName: 'default-scheduler',
        securityContext: {},
        serviceAccount: 'default',
        serviceAccountName: 'default',
        terminationGracePeriodSeconds: 30,
        tolerations: ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable'].map((key) => ({
          key,
          operator: 'Exists',
          effect: 'NoExecute',
          tolerationSeconds: 300,
        })),
        volumes: [token],
      },
      status: { phase: 'Pending', qosClass: 'BestEffort' },
    });
  });

  it('forgives lost nodes only where it does not say itself how', () => {
    const own = { key: 'node.kubernetes.io/not-ready', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 5 };
    const { tolerations } = specOf({ tolerations: [own] });
    expect(tolerations).toEqual([own, expect.objectContaining({ key: 'node.kubernetes.io/unreachable' })]);
    expect(specOf({ tolerations: [{ operator: 'Exists' }] }).tolerations).toEqual([{ operator: 'Exists' }]);
  });

  it.each([
    ['nginx', 'Always'],
    ['nginx:latest', 'Always'],
    ['nginx:1.27', 'IfNotPresent'],
    ['registry:5000/nginx', 'Always'],
    ['registry:5000/nginx:1', 'IfNotPresent'],
    ['nginx@sha256:0123', 'IfNotPresent'],
  ])('pulls %s %s', (image, policy) => {
    expect(firstOf({ image })?.imagePullPolicy).toBe(policy);
  });

  it('requests what it limits, unless it says otherwise', () => {
    const resources = { limits: { cpu: '1', memory: '1Gi' }, requests: { cpu: '250m' } };
    expect(firstOf({ resources })?.resources?.requests).toEqual({ cpu: '250m', memory: '1Gi' });
  });

  it('gets the probes’, ports’ and environment’s smaller defaults', () => {
    const container = firstOf({
      ports: [{ containerPort: 80 }],
      livenessProbe: { httpGet: { port: 80 } },
      env: [{ name: 'IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } }],
    });
    expect(container?.ports).toEqual([{ containerPort: 80, protocol: 'TCP' }]);
    expect(container?.livenessProbe).toEqual({
      httpGet: { path: '/', port: 80, scheme: 'HTTP' },
      timeoutSeconds: 1,
      periodSeconds: 10,
      successThreshold: 1,
      failureThreshold: 3,
    });
    expect(container?.env?.[0]?.valueFrom?.fieldRef?.apiVersion).toBe('v1');
  });

  it('in the node’s network has its ports on the node', () => {
    const { containers } = specOf({ hostNetwork: true, containers: [app({ ports: [{ containerPort: 80 }] })] });
    expect(containers[0]?.ports?.[0]?.hostPort).toBe(80);
  });

  it('starts Pending, whatever status it is sent with', () => {
    const sent = { ...aPod(), status: { phase: 'Running', podIP: '10.0.0.1' } };
    expect(valueOf(admitCreate(builtIn('pods'), sent, admission()))['status']).toEqual({
      phase: 'Pending',
      qosClass: 'BestEffort',
    });
  });

  it.each([
    ['Guaranteed', { limits: { cpu: '1', memory: '1Gi' } }],
    ['Guaranteed', { limits: { cpu: '1', memory: '1Gi' }, requests: { cpu: '1000m', memory: '1024Mi' } }],
    ['Burstable', { limits: { cpu: '1' } }],
    ['Burstable', { limits: { cpu: '1', memory: '1Gi' }, requests: { cpu: '100m' } }],
    ['BestEffort', { limits: { 'ephemeral-storage': '1Gi' } }],
  ])('is %s with %j', (qosClass, resources) => {
    const pod = valueOf(create({ containers: [app({ resources: resources as never })] }));
    expect(pod['status']).toMatchObject({ qosClass });
  });

  it('gets volumes’ file modes, and an empty directory where it names no source', () => {
    const { volumes } = specOf({
      automountServiceAccountToken: false,
      volumes: [{ name: 'a' }, { name: 'b', configMap: { name: 'c' } }, { name: 's', secret: { secretName: 'd' } }],
    });
    expect(volumes).toEqual([
      { name: 'a', emptyDir: {} },
      { name: 'b', configMap: { name: 'c', defaultMode: 0o644 } },
      { name: 's', secret: { secretName: 'd', defaultMode: 0o644 } },
    ]);
  });
});

describe('a pod is refused', () => {
  const volume = { name: 'v', emptyDir: {} };
  const cases: [string, Partial<PodSpec>, string, string][] = [
    ['without containers', { containers: [] }, 'spec.containers', 'Required value'],
    ['without an image', { containers: [{ name: 'a' }] }, 'spec.containers[0].image', 'Required value'],
    [
      'with an unnamed container',
      { containers: [{ name: '', image: 'x' }] },
      'spec.containers[0].name',
      'Required value',
    ],
    [
      'with two containers of one name',
      { containers: [app({}), app({})] },
      'spec.containers[1].name',
      'Duplicate value: "app"',
    ],
    [
      'with an unknown restart policy',
      { restartPolicy: 'Sometimes' },
      'spec.restartPolicy',
      'Unsupported value: "Sometimes": supported values: "Always", "Never", "OnFailure"',
    ],
    [
      'with more requested than limited',
      { containers: [app({ resources: { limits: { cpu: '1' }, requests: { cpu: '2' } } })] },
      'spec.containers[0].resources.requests',
      'Invalid value: "2": must be less than or equal to cpu limit of 1',
    ],
    [
      'with a negative amount',
      { containers: [app({ resources: { requests: { cpu: '-1' } } })] },
      'spec.containers[0].resources.requests[cpu]',
      'Invalid value: "-1": must be greater than or equal to 0',
    ],
    [
      'with a port out of range',
      { containers: [app({ ports: [{ containerPort: 70000 }] })] },
      'spec.containers[0].ports[0].containerPort',
      'Invalid value: 70000: must be between 1 and 65535, inclusive',
    ],
    [
      'with a mount of no volume',
      { containers: [app({ volumeMounts: [{ name: 'v', mountPath: '/v' }] })] },
      'spec.containers[0].volumeMounts[0].name',
      'Not found: "v"',
    ],
    [
      'with two mounts in one place',
      {
        volumes: [volume],
        containers: [
          app({
            volumeMounts: [
              { name: 'v', mountPath: '/v' },
              { name: 'v', mountPath: '/v' },
            ],
          }),
        ],
      },
      'spec.containers[0].volumeMounts[1].mountPath',
      'Invalid value: "/v": must be unique',
    ],
    ['with two volumes of one name', { volumes: [volume, volume] }, 'spec.volumes[1].name', 'Duplicate value: "v"'],
    [
      'with a volume of two kinds',
      { volumes: [{ name: 'v', emptyDir: {}, hostPath: { path: '/x' } }] },
      'spec.volumes[0].hostPath',
      'Forbidden: may not specify more than 1 volume type',
    ],
    [
      'with a probe that does nothing',
      { containers: [app({ livenessProbe: {} })] },
      'spec.containers[0].livenessProbe',
      'Required value: must specify a handler type',
    ],
    [
      'with a liveness probe that must succeed twice',
      { containers: [app({ livenessProbe: { exec: { command: ['x'] }, successThreshold: 2 } })] },
      'spec.containers[0].livenessProbe.successThreshold',
      'Invalid value: 2: must be 1',
    ],
    [
      'with the same host port twice',
      {
        containers: [
          app({
            ports: [
              { containerPort: 1, hostPort: 5 },
              { containerPort: 2, hostPort: 5 },
            ],
          }),
        ],
      },
      'spec.containers[0].ports[1].hostPort',
      'Duplicate value: "TCP//5"',
    ],
    [
      'with an environment variable from two places',
      { containers: [app({ env: [{ name: 'A', value: 'x', valueFrom: { secretKeyRef: { name: 's', key: 'k' } } }] })] },
      'spec.containers[0].env[0].valueFrom',
      'Invalid value: "": may not be specified when `value` is not empty',
    ],
    [
      'with a toleration in seconds of an effect that does not evict',
      { tolerations: [{ key: 'a', operator: 'Exists', effect: 'NoSchedule', tolerationSeconds: 1 }] },
      'spec.tolerations[0].effect',
      'Invalid value: "NoSchedule": effect must be \'NoExecute\' when `tolerationSeconds` is set',
    ],
    [
      'with a node affinity without terms',
      { affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [] } } } },
      'spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms',
      'Required value: must have at least one node selector term',
    ],
    [
      'with a pod affinity without topology',
      { affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{} as never] } } },
      'spec.affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].topologyKey',
      'Required value: can not be empty',
    ],
    [
      'with a negative grace period',
      { terminationGracePeriodSeconds: -1 },
      'spec.terminationGracePeriodSeconds',
      'Invalid value: -1: must be greater than or equal to 0',
    ],
  ];
  it.each(cases)('%s', (_what, spec, field, message) => {
    expect(rejectionOf(create(spec)).details?.causes).toContainEqual(expect.objectContaining({ field, message }));
  });
});

describe('a pod that the cluster can not run', () => {
  const message = (spec: Partial<PodSpec>) => rejectionOf(create(spec)).message;

  it('is forbidden a runtime class that there is not, and what only such a class adds', () => {
    expect(rejectionOf(create({ runtimeClassName: 'nope' })).code).toBe(403);
    expect(message({ runtimeClassName: 'nope' })).toBe(
      'pods "web" is forbidden: pod rejected: RuntimeClass "nope" not found',
    );
    expect(message({ overhead: { cpu: '1' } })).toBe(
      'pods "web" is forbidden: pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead',
    );
  });
});

describe('a pod’s annotations', () => {
  const causes = (annotations: Record<string, string>) =>
    causesOf(admitCreate(builtIn('pods'), aPod({}, { annotations }), admission()));
  const armor = 'container.apparmor.security.beta.kubernetes.io';
  const seccomp = 'seccomp.security.alpha.kubernetes.io/pod';
  const cost = 'controller.kubernetes.io/pod-deletion-cost';
  const mirror = 'kubernetes.io/config.mirror';

  it.each([
    [`${armor}/app`, 'bogus', `[${armor}/app]: Invalid value: "bogus": invalid AppArmor profile name: "bogus"`],
    [`${armor}/other`, 'unconfined', `[${armor}/other]: Invalid value: "other": container not found`],
    [seccomp, 'bogus', `.${seccomp}: Invalid value: "bogus": must be a valid seccomp profile`],
    [cost, 'much', `[${cost}]: Invalid value: "much": must be a 32bit integer`],
    [mirror, 'x', `[${mirror}]: Invalid value: "x": must set spec.nodeName if mirror pod annotation is set`],
  ])('are refused with %s: %s', (key, value, cause) => {
    expect(causes({ [key]: value })).toEqual([`metadata.annotations${cause}`]);
  });

  it('may name profiles that a node has, and a cost', () => {
    const good = { [`${armor}/app`]: 'localhost/mine', [seccomp]: 'localhost/a.json', [cost]: '-7', note: 'bogus' };
    expect(causes(good)).toEqual([]);
  });
});

describe('a pod from before a rule', () => {
  const before = created('pods', aPod());
  const spec = { ...before.spec, dnsConfig: { searches: ['under_scored'] } } as PodSpec;
  const old = { ...before, spec };

  it('can still be labelled, and not be changed in what the rule is about', () => {
    const labelled = { ...old, metadata: { ...old.metadata, labels: { a: 'b' } } };
    expect(valueOf(admitUpdate(builtIn('pods'), undefined, old, labelled, admission())).metadata.labels).toEqual({
      a: 'b',
    });
    const changed = { ...old, spec: { ...spec, activeDeadlineSeconds: 5 } };
    expect(fieldsOf(admitUpdate(builtIn('pods'), undefined, old, changed, admission()))).toEqual([
      'spec.dnsConfig.searches[0]',
    ]);
  });
});

describe('a pod that is there', () => {
  const before = created(
    'pods',
    aPod(
      {
        activeDeadlineSeconds: 100,
        tolerations: [{ key: 'own', operator: 'Exists' }],
        automountServiceAccountToken: false,
      },
      { labels: { a: '1' } },
    ),
  ) as Pod & StoredObject;
  const update = (spec: Partial<PodSpec>) =>
    admitUpdate(builtIn('pods'), undefined, before, { ...before, spec: { ...before.spec, ...spec } }, admission());

  it('may get another image, and that is a new generation', () => {
    const containers = [{ ...before.spec?.containers[0], name: 'app', image: 'nginx:2' }];
    const after = valueOf(update({ containers }));
    expect(after['spec']).toMatchObject({ containers: [{ image: 'nginx:2' }] });
    expect(after.metadata.generation).toBe(2);
  });

  it('may get a nearer deadline and more tolerations', () => {
    const more = { key: 'x', operator: 'Exists' };
    const after = valueOf(
      update({ activeDeadlineSeconds: 50, tolerations: [...(before.spec?.tolerations ?? []), more] }),
    );
    expect(after['spec']).toMatchObject({ activeDeadlineSeconds: 50 });
    expect(fieldsOf(update({ activeDeadlineSeconds: 200 }))).toEqual(['spec.activeDeadlineSeconds']);
    const others = (before.spec?.tolerations ?? []).filter(({ key }) => key !== 'own');
    expect(fieldsOf(update({ tolerations: others }))).toContain('spec.tolerations');
  });

  it('takes no other change', () => {
    const { message } = rejectionOf(update({ hostname: 'other' }));
    expect(message).toMatch(/^Pod "web" is invalid: spec: Forbidden: pod updates may not change fields other than/);
    expect(rejectionOf(update({ nodeName: 'elsewhere' })).code).toBe(422);
    const two = [...(before.spec?.containers ?? []), { name: 'more', image: 'x' }];
    expect(fieldsOf(update({ containers: two }))).toContain('spec.containers');
  });

  it('keeps what admission had filled in when its manifest is sent again', () => {
    const manifest = aPod(
      {
        activeDeadlineSeconds: 100,
        tolerations: [{ key: 'own', operator: 'Exists' }],
        automountServiceAccountToken: false,
      },
      { labels: { a: '2' } },
    );
    const after = valueOf(admitUpdate(builtIn('pods'), undefined, before, manifest, admission()));
    expect(after['spec']).toBe(before['spec']);
    expect(after.metadata).toEqual({ ...before.metadata, labels: { a: '2' } });
  });
});
