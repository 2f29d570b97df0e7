import { builtIn, type ObjectOf, type PodSpec, type StoredObject } from '@shiplog/contracts';
import { aPod, admission, causesOf, created, valueOf } from '../testing/builders';
import { admitUpdate } from '../update';

type Pod = ObjectOf<'pods'> & StoredObject;

const write = (subresource: string, before: Pod, sent: object) =>
  admitUpdate(builtIn('pods'), subresource, before, { ...before, ...sent }, admission());

describe('ephemeral containers', () => {
  const before = created('pods', aPod());
  const debug = { name: 'debug', image: 'busybox:1.36', targetContainerName: 'app' };
  const put = (containers: object[], pod: Pod = before, spec: object = {}) =>
    write('ephemeralcontainers', pod, { spec: { ...pod.spec, ...spec, ephemeralContainers: containers } });

  it('come with their defaults, and with nothing else of what is sent', () => {
    const after = valueOf(put([debug], before, { hostname: 'other' }));
    expect(after['spec']).toEqual({
      ...before.spec,
      ephemeralContainers: [
        {
          ...debug,
          resources: {},
          terminationMessagePath: '/dev/termination-log',
          terminationMessagePolicy: 'File',
          imagePullPolicy: 'IfNotPresent',
        },
      ],
    });
    expect(after.metadata.generation).toBe(2);
  });

  it('stay as they are', () => {
    const having = valueOf(put([debug])) as Pod;
    expect(causesOf(put([debug, { ...debug, name: 'other' }], having))).toEqual([]);
    expect(causesOf(put([], having))).toEqual([
      'spec.ephemeralContainers: Forbidden: existing ephemeral containers "debug" may not be removed',
    ]);
    expect(causesOf(put([{ ...debug, image: 'alpine:3' }], having))).toEqual([
      'spec.ephemeralContainers: Forbidden: existing ephemeral containers "debug" may not be changed',
    ]);
  });

  const at = 'spec.ephemeralContainers[0]';
  it.each<[string, object, string[]]>([
    ['have a name of another', { ...debug, name: 'app' }, [`${at}.name: Duplicate value: "app"`]],
    ['are for nobody', { ...debug, targetContainerName: 'x' }, [`${at}.targetContainerName: Not found: "x"`]],
    ['have no image', { name: 'debug' }, [`${at}.image: Required value`]],
    [
      'have what only lasting containers have',
      { ...debug, ports: [{ containerPort: 80 }], resources: { limits: { cpu: '1' } }, lifecycle: { preStop: {} } },
      ['ports', 'resources', 'lifecycle'].map(
        (field) => `${at}.${field}: Forbidden: cannot be set for an Ephemeral Container`,
      ),
    ],
  ])('are refused when they %s', (_name, container, expected) => {
    expect(causesOf(put([container]))).toEqual(expected);
  });

  it('mount no part of a volume', () => {
    const pod = created('pods', aPod({ volumes: [{ name: 'v', emptyDir: {} }] }));
    const mounts = [{ name: 'v', mountPath: '/v', subPath: 'a' }];
    expect(causesOf(put([{ ...debug, volumeMounts: mounts }], pod))).toEqual([
      `${at}.volumeMounts[0].subPath: Forbidden: cannot be set for an Ephemeral Container`,
    ]);
  });

  it('are not of static pods', () => {
    const pod = created('pods', aPod({ nodeName: 'n' }, { annotations: { 'kubernetes.io/config.mirror': 'x' } }));
    expect(causesOf(put([debug], pod))).toEqual([': Forbidden: static pods do not support ephemeral containers']);
  });
});

describe('a resize', () => {
  const amounts = (cpu: string, memory: string) => ({
    requests: { cpu, memory },
    limits: { cpu: '4', memory: '4Gi' },
  });
  const container = { name: 'app', image: 'nginx:1.27', resources: amounts('1', '1Gi') };
  const before = created('pods', aPod({ containers: [container], initContainers: [{ ...container, name: 'init' }] }));
  const resize = (containers: object[], pod: Pod = before, spec: object = {}) =>
    write('resize', pod, { spec: { ...pod.spec, containers, ...spec } });

  it('gives a container other amounts, and changes nothing else that is sent', () => {
    const after = valueOf(resize([{ ...container, image: 'other', resources: amounts('2', '2Gi') }]));
    const { containers } = after['spec'] as PodSpec;
    expect(containers[0]).toEqual({ ...before.spec?.containers[0], resources: amounts('2', '2Gi') });
    expect(after.metadata.generation).toBe(2);
  });

  const resources = 'spec.containers[0].resources';
  it.each<[string, object[], string[]]>([
    [
      'asks for all that it may use',
      [{ ...container, resources: { requests: { cpu: '4', memory: '4Gi' }, limits: { cpu: '4', memory: '4Gi' } } }],
      [],
    ],
    [
      'asks for more than it may use',
      [{ ...container, resources: amounts('5', '1Gi') }],
      [`${resources}.requests: Invalid value: "5": must be less than or equal to cpu limit of 4`],
    ],
    [
      'no longer limits',
      [{ ...container, resources: { requests: { cpu: '1', memory: '1Gi' }, limits: { memory: '4Gi' } } }],
      [`${resources}.limits: Forbidden: resource limits cannot be removed`],
    ],
    [
      'asks for something else',
      [
        {
          ...container,
          resources: { ...amounts('1', '1Gi'), limits: { cpu: '4', memory: '4Gi', 'ephemeral-storage': '1Gi' } },
        },
      ],
      ['spec: Forbidden: only cpu and memory resources are mutable'],
    ],
    [
      'uses less memory at once',
      [{ ...container, resources: { ...amounts('1', '1Gi'), limits: { cpu: '4', memory: '2Gi' } } }],
      [`${resources}.limits: Forbidden: memory limits cannot be decreased unless resizePolicy is RestartContainer`],
    ],
    [
      'has another container',
      [container, { ...container, name: 'b' }],
      ['spec: Forbidden: containers may not be added or removed on resize'],
    ],
    [
      'has a container by another name',
      [{ ...container, name: 'b' }],
      ['spec: Forbidden: containers may not be renamed or reordered on resize'],
    ],
  ])('of a pod that %s', (_name, containers, expected) => {
    expect(causesOf(resize(containers))).toEqual(expected);
  });

  it('leaves init containers alone, and the class of the pod', () => {
    const initContainers = [{ ...before.spec?.initContainers?.[0], resources: amounts('2', '1Gi') }];
    expect(causesOf(resize([container], before, { initContainers }))).toEqual([
      'spec.initContainers[0].resources: Forbidden: resources for non-sidecar init containers are immutable',
    ]);
    const asksForNothing = created('pods', aPod());
    expect(causesOf(resize([{ ...container, resources: { requests: { cpu: '1' } } }], asksForNothing))).toEqual([
      'spec: Invalid value: "Burstable": Pod QOS Class may not change as a result of resizing',
    ]);
  });

  it('is only where the node can do it', () => {
    const running = { name: 'app', image: 'i', imageID: '', ready: true, restartCount: 0, state: { running: {} } };
    const sent = [{ ...container, resources: amounts('2', '1Gi') }];
    const on = (status: object): Pod =>
      ({ ...before, status: { ...before.status, containerStatuses: [status] } }) as Pod;
    expect(causesOf(resize(sent, on(running)))).toEqual([
      'spec: Forbidden: Pod running on node without support for resize',
    ]);
    expect(causesOf(resize(sent, on({ ...running, resources: {} })))).toEqual([]);
    const mirror = created(
      'pods',
      aPod({ containers: [container], nodeName: 'n' }, { annotations: { 'kubernetes.io/config.mirror': 'x' } }),
    );
    expect(causesOf(resize(sent, mirror))).toEqual([': Forbidden: static pods cannot be resized']);
  });
});

describe('a gated pod', () => {
  const term = (...keys: string[]) => ({ matchExpressions: keys.map((key) => ({ key, operator: 'Exists' })) });
  const near = (...nodeSelectorTerms: object[]) => ({
    nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms } },
  });
  const gates = [{ name: 'example.com/a' }, { name: 'example.com/b' }];
  const gated = created(
    'pods',
    aPod({ schedulingGates: gates, nodeSelector: { a: 'b' }, affinity: near(term('a')) } as Partial<PodSpec>),
  );
  const put = (spec: object, pod: Pod = gated) =>
    admitUpdate(builtIn('pods'), undefined, pod, { ...pod, spec: { ...pod.spec, ...spec } }, admission());
  const at = 'spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms';

  it('says from the beginning what it waits for; one without gates says nothing', () => {
    expect(gated.status).toMatchObject({
      phase: 'Pending',
      conditions: [
        {
          type: 'PodScheduled',
          status: 'False',
          reason: 'SchedulingGated',
          message: 'Scheduling is blocked due to non-empty scheduling gates',
          lastTransitionTime: gated.metadata.creationTimestamp,
        },
      ],
    });
    expect(created('pods', aPod()).status?.conditions).toBeUndefined();
  });

  it('loses its gates, and may run in fewer places meanwhile', () => {
    expect(causesOf(put({ schedulingGates: [gates[1]] }))).toEqual([]);
    expect(causesOf(put({ schedulingGates: undefined }))).toEqual([]);
    expect(causesOf(put({ nodeSelector: { a: 'b', c: 'd' }, affinity: near(term('a', 'b')) }))).toEqual([]);
  });

  it.each<[string, object, string]>([
    [
      'gets a gate',
      { schedulingGates: [...gates, { name: 'c' }] },
      "spec.schedulingGates[2].name: Forbidden: only deletion is allowed, but found new scheduling gate 'c'",
    ],
    [
      'may run elsewhere',
      { nodeSelector: { c: 'd' } },
      'spec.nodeSelector: Invalid value: map[string]string{"c":"d"}: only additions to spec.nodeSelector are allowed (no mutations or deletions)',
    ],
    [
      'has another choice of nodes',
      { affinity: near(term('a'), term('b')) },
      `${at}: Invalid value: ${JSON.stringify([term('a'), term('b')])}: no additions/deletions to non-empty NodeSelectorTerms list are allowed`,
    ],
    [
      'has other nodes to choose from',
      { affinity: near(term('b')) },
      `${at}[0]: Invalid value: ${JSON.stringify(term('b'))}: only additions are allowed (no mutations or deletions)`,
    ],
  ])('is refused when it %s', (_name, spec, expected) => {
    expect(causesOf(put(spec))).toEqual([expected]);
  });

  it('changes so no more without gates', () => {
    const free = created('pods', aPod());
    expect(causesOf(put({ nodeSelector: { a: 'b' } }, free))[0]).toContain(
      'spec: Forbidden: pod updates may not change',
    );
  });
});

describe("a pod's status", () => {
  const before = created('pods', aPod({ restartPolicy: 'OnFailure', os: { name: 'linux' } }));
  const ended = (exitCode: number) => ({
    name: 'app',
    image: 'i',
    imageID: '',
    ready: false,
    restartCount: 0,
    state: { terminated: { exitCode } },
  });
  const put = (status: object, pod: Pod = before) => write('status', pod, { status: { ...pod.status, ...status } });
  const ip = 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)';

  it('says its address in both fields, and the older one counts', () => {
    expect(valueOf(put({ podIP: '10.244.0.2' }))['status']).toMatchObject({ podIPs: [{ ip: '10.244.0.2' }] });
    expect(valueOf(put({ podIP: '10.244.0.3', podIPs: [{ ip: '10.244.0.2' }] }))['status']).toMatchObject({
      podIPs: [{ ip: '10.244.0.3' }],
    });
    expect(valueOf(put({ podIPs: [{ ip: '10.244.0.2' }] }))['status']).toMatchObject({ podIP: '10.244.0.2' });
  });

  it.each<[string, object, string[]]>([
    ['has no address', { podIP: 'zz' }, [`status.podIPs[0]: Invalid value: "zz": ${ip}`]],
    ['is on a node of no address', { hostIPs: [{ ip: 'zz' }] }, [`status.hostIPs[0]: Invalid value: "zz": ${ip}`]],
    [
      'has an address twice',
      { podIPs: [{ ip: '10.244.0.2' }, { ip: '10.244.0.2' }] },
      [
        'status.podIPs: Invalid value: [{"ip":"10.244.0.2"},{"ip":"10.244.0.2"}]: may specify no more than one IP for each IP family',
        'status.podIPs[1]: Duplicate value: {"ip":"10.244.0.2"}',
      ],
    ],
    [
      'is of another class',
      { qosClass: 'Guaranteed' },
      ['status.qosClass: Invalid value: "Guaranteed": field is immutable'],
    ],
    [
      'has a claim that it has not',
      { resourceClaimStatuses: [{ name: 'gpu' }] },
      [
        'status.resourceClaimStatuses[0].name: Invalid value: "gpu": must match the name of an entry in `spec.resourceClaims`',
      ],
    ],
    [
      'runs as nobody that there is',
      { containerStatuses: [{ ...ended(0), user: { linux: { uid: -1, gid: 0 } } }] },
      ['status.containerStatuses[0].linux.uid: Invalid value: -1: must be between 0 and 2147483647, inclusive'],
    ],
  ])('is refused when it %s', (_name, status, expected) => {
    expect(causesOf(put(status))).toEqual(expected);
  });

  it('has conditions and a node that can be called so', () => {
    expect(causesOf(put({ conditions: [{ type: 'a b', status: 'True' }] }))[0]).toContain(
      'metadata.conditions[0].Type: Invalid value: "a b": name part must consist of',
    );
    expect(causesOf(put({ nominatedNodeName: 'A' }))[0]).toContain('status.nominatedNodeName: Invalid value: "A"');
  });

  it('lets no container run again that has ended for good', () => {
    const running = { ...ended(0), state: { running: {} } };
    const having = (status: object): Pod =>
      ({ ...before, status: { ...before.status, containerStatuses: [status] } }) as Pod;
    expect(causesOf(put({ containerStatuses: [running] }, having(ended(0))))).toEqual([
      'status.containerStatuses[0].state: Forbidden: may not be transitioned to non-terminated state',
    ]);
    expect(causesOf(put({ containerStatuses: [running] }, having(ended(1))))).toEqual([]);
  });
});
