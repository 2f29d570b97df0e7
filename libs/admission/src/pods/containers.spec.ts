import { builtIn, type Container, type PodSpec } from '@shiplog/contracts';
import { admitCreate } from '../create';
import { aPod, admission, causesOf } from '../testing/builders';

const app = (fields: Partial<Container> = {}): Container => ({ name: 'app', image: 'nginx:1.27', ...fields });
const causes = (spec: Partial<PodSpec>) => causesOf(admitCreate(builtIn('pods'), aPod(spec), admission()));
const causesOfApp = (fields: Partial<Container>, spec: Partial<PodSpec> = {}) =>
  causes({ containers: [app(fields)], ...spec });
const at = 'spec.containers[0]';
const DATA = { volumes: [{ name: 'data', emptyDir: {} }] };
const CLAIMED = { volumes: [{ name: 'disk', persistentVolumeClaim: { claimName: 'c' } }] };
const mount = (fields: object = {}) => ({ volumeMounts: [{ name: 'data', mountPath: '/data', ...fields }] });
const env = (valueFrom: object) => ({ env: [{ name: 'A', valueFrom }] }) as Partial<Container>;
const field = (fieldPath: string) => env({ fieldRef: { fieldPath } });
const amount = (resource: string, divisor?: string) => env({ resourceFieldRef: { resource, divisor } });
const RESOURCE_FIELDS =
  '"limits.cpu", "limits.ephemeral-storage", "limits.memory", "requests.cpu", "requests.ephemeral-storage", "requests.memory"';
const PROBE = { tcpSocket: { port: 80 } };

describe('a container’s environment', () => {
  it.each<[string, Partial<Container>, string]>([
    [
      'an amount that is none',
      amount('speed'),
      `env[0].valueFrom.resourceFieldRef.resource: Unsupported value: "speed": supported values: ${RESOURCE_FIELDS}`,
    ],
    ['no amount', amount(''), 'env[0].valueFrom.resourceFieldRef.resource: Required value'],
    [
      'processors in sevens',
      amount('limits.cpu', '7'),
      `env[0].valueFrom.resourceFieldRef.divisor: Invalid value: "limits.cpu": only divisor's values 1m and 1 are supported with the cpu resource`,
    ],
    [
      'bytes in thousandths',
      amount('limits.memory', '1m'),
      `env[0].valueFrom.resourceFieldRef.divisor: Invalid value: "limits.memory": only divisor's values 1, 1k, 1M, 1G, 1T, 1P, 1E, 1Ki, 1Mi, 1Gi, 1Ti, 1Pi, 1Ei are supported with the memory resource`,
    ],
    [
      'a field that no pod has',
      field('spec.mood'),
      'env[0].valueFrom.fieldRef.fieldPath: Invalid value: "spec.mood": error converting fieldPath: field label not supported: spec.mood',
    ],
    [
      'a part of a field that has none',
      field("metadata.name['a']"),
      `env[0].valueFrom.fieldRef.fieldPath: Invalid value: "metadata.name['a']": error converting fieldPath: field label does not support subscript: metadata.name['a']`,
    ],
    ['no field', field(''), 'env[0].valueFrom.fieldRef.fieldPath: Required value'],
    [
      'a secret without a key',
      env({ secretKeyRef: { name: 's', key: '' } }),
      'env[0].valueFrom.secretKeyRef.key: Required value',
    ],
    [
      'nothing',
      env({}),
      'env[0].valueFrom: Invalid value: "": must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef` or `secretKeyRef`',
    ],
    [
      'two things',
      env({ fieldRef: { fieldPath: 'metadata.name' }, secretKeyRef: { name: 's', key: 'k' } }),
      'env[0].valueFrom: Invalid value: "": may not have more than one field specified at a time',
    ],
    [
      'all of nothing',
      { envFrom: [{}] },
      'envFrom: Invalid value: "": must specify one of: `configMapRef` or `secretRef`',
    ],
    [
      'all of two things',
      { envFrom: [{ configMapRef: { name: 'a' }, secretRef: { name: 'b' } }] },
      'envFrom: Invalid value: "": may not have more than one field specified at a time',
    ],
    ['all of no secret', { envFrom: [{ secretRef: {} }] }, 'envFrom[0].secretRef.name: Required value'],
  ])('is refused when it is made of %s', (_what, fields, cause) => {
    expect(causesOfApp(fields)).toEqual([`${at}.${cause}`]);
  });

  it('has labels one by one, and not all of them', () => {
    expect(causesOfApp(field('metadata.labels'))).toEqual([
      expect.stringContaining(`${at}.env[0].valueFrom.fieldRef.fieldPath: Unsupported value: "metadata.labels"`),
    ]);
    expect(causesOfApp(field("metadata.labels['app.kubernetes.io/name']"))).toEqual([]);
    expect(causesOfApp(field("metadata.annotations['Some-Note']"))).toEqual([]);
    expect(causesOfApp(field("metadata.labels['not valid']"))).toEqual([
      expect.stringContaining(`${at}.env[0].valueFrom.fieldRef: Invalid value: "not valid"`),
    ]);
  });

  it.each<[string, Partial<Container>]>([
    ['processors in thousandths', amount('limits.cpu', '1m')],
    ['bytes in mebibytes', amount('requests.memory', '1Mi')],
    ['bytes without a divisor', amount('limits.ephemeral-storage', '0')],
    ['huge pages', amount('limits.hugepages-2Mi', '1Mi')],
    ['a prefix that is no identifier', { envFrom: [{ prefix: '1 and a ', configMapRef: { name: 'x' } }] }],
  ])('may be made of %s', (_what, fields) => {
    expect(causesOfApp(fields)).toEqual([]);
  });
});

describe('a container’s mounts and devices', () => {
  it.each<[string, Partial<Container>, string]>([
    [
      'two inner paths',
      mount({ subPath: 'a', subPathExpr: 'b' }),
      'volumeMounts[0].subPathExpr: Invalid value: "b": subPathExpr and subPath are mutually exclusive',
    ],
    ['a way out', mount({ subPath: '../a' }), `volumeMounts.subPath: Invalid value: "../a": must not contain '..'`],
    [
      'a whole path',
      mount({ subPathExpr: '/a' }),
      'volumeMounts.subPathExpr: Invalid value: "/a": must be a relative path',
    ],
    [
      'an unknown propagation',
      mount({ mountPropagation: 'Sideways' }),
      'volumeMounts.mountPropagation: Unsupported value: "Sideways": supported values: "Bidirectional", "HostToContainer", "None"',
    ],
    [
      'propagation to the host without privileges',
      mount({ mountPropagation: 'Bidirectional' }),
      'volumeMounts.mountPropagation: Forbidden: Bidirectional mount propagation is available only to privileged containers',
    ],
    [
      'what is to be read only further down',
      mount({ recursiveReadOnly: 'Enabled' }),
      'volumeMounts.recursiveReadOnly: Forbidden: may only be specified when readOnly is true',
    ],
    [
      'a device of no volume',
      { volumeDevices: [{ name: 'x', devicePath: '/d' }] },
      'volumeDevices[0].name: Not found: "x"',
    ],
    [
      'a device that is a directory',
      { volumeDevices: [{ name: 'data', devicePath: '/d' }] },
      'volumeDevices[0].name: Invalid value: "data": can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode',
    ],
  ])('are refused with %s', (_what, fields, cause) => {
    expect(causesOfApp(fields, DATA)).toEqual([`${at}.${cause}`]);
  });

  it('are each somewhere else', () => {
    const device = { name: 'disk', devicePath: '/d' };
    expect(causesOfApp({ volumeDevices: [device] }, CLAIMED)).toEqual([]);
    expect(causesOfApp({ volumeDevices: [device, device] }, CLAIMED)).toEqual([
      `${at}.volumeDevices[1].name: Invalid value: "disk": must be unique`,
      `${at}.volumeDevices[1].devicePath: Invalid value: "/d": must be unique`,
    ]);
    const volumeMounts = [{ name: 'disk', mountPath: '/d' }];
    expect(causesOfApp({ volumeDevices: [device], volumeMounts }, CLAIMED)).toEqual([
      `${at}.volumeMounts[0].name: Invalid value: "disk": must not already exist in volumeDevices`,
      `${at}.volumeMounts[0].mountPath: Invalid value: "/d": must not already exist as a path in volumeDevices`,
      `${at}.volumeDevices[0].name: Invalid value: "disk": must not already exist in volumeMounts`,
      `${at}.volumeDevices[0].devicePath: Invalid value: "/d": must not already exist as a path in volumeMounts`,
    ]);
  });

  it('may reach the host from a privileged container', () => {
    const privileged = { securityContext: { privileged: true } };
    expect(causesOfApp({ ...mount({ mountPropagation: 'Bidirectional' }), ...privileged }, DATA)).toEqual([]);
    expect(causesOfApp(mount({ subPath: 'a..b', readOnly: true, recursiveReadOnly: 'Enabled' }), DATA)).toEqual([]);
  });
});

describe('a container’s probes and hooks', () => {
  it.each<[string, Partial<Container>, string]>([
    [
      'a readiness probe that could end it',
      { readinessProbe: { ...PROBE, terminationGracePeriodSeconds: 5 } },
      'readinessProbe.terminationGracePeriodSeconds: Invalid value: 5: must not be set for readinessProbes',
    ],
    [
      'a call to port 0',
      { startupProbe: { grpc: { port: 0 } } },
      'startupProbe.grpc.port: Invalid value: 0: must be between 1 and 65535, inclusive',
    ],
    [
      'a longer sleep than it has time for',
      { lifecycle: { preStop: { sleep: { seconds: 100 } } } },
      'lifecycle.preStop.sleep: Invalid value: 100: must be greater than 0 and less than terminationGracePeriodSeconds (30)',
    ],
    [
      'a sleep of no time',
      { lifecycle: { postStart: { sleep: { seconds: 0 } } } },
      'lifecycle.postStart.sleep: Invalid value: 0: must be greater than 0 and less than terminationGracePeriodSeconds (30)',
    ],
  ])('are refused with %s', (_what, fields, cause) => {
    expect(causesOfApp(fields)).toEqual([`${at}.${cause}`]);
  });

  it('are refused with a header that is none', () => {
    const httpGet = { port: 80, httpHeaders: [{ name: 'not one', value: 'x' }] };
    expect(causesOfApp({ livenessProbe: { httpGet } })).toEqual([
      expect.stringContaining(
        `${at}.livenessProbe.httpGet.httpHeaders[0].name: Invalid value: "not one": a valid HTTP header`,
      ),
    ]);
  });

  it('may take as long as the pod may', () => {
    expect(causesOfApp({ lifecycle: { preStop: { sleep: { seconds: 30 } } } })).toEqual([]);
    expect(causesOfApp({ livenessProbe: { ...PROBE, terminationGracePeriodSeconds: 5 } })).toEqual([]);
  });
});

describe('a container’s resources', () => {
  const gpu = 'example.com/gpu';
  it.each<[string, Container['resources'], string]>([
    [
      'fewer huge pages than it may have',
      { requests: { 'hugepages-2Mi': '2Mi', memory: '1Mi' }, limits: { 'hugepages-2Mi': '4Mi' } },
      'resources.requests: Invalid value: "2Mi": must be equal to hugepages-2Mi limit of 4Mi',
    ],
    [
      'huge pages only',
      { limits: { 'hugepages-2Mi': '2Mi' } },
      'resources: Forbidden: HugePages require cpu or memory',
    ],
    [
      'devices without a limit',
      { requests: { [gpu]: '1' } },
      'resources.limits: Required value: Limit must be set for non overcommitable resources',
    ],
    [
      'a claim that the pod has not',
      { claims: [{ name: 'c' }] },
      'resources.claims[0]: Not found: "c": must be one of the names in pod.spec.resourceClaims which is empty',
    ],
    ['a nameless claim', { claims: [{ name: '' }] }, 'resources.claims[0]: Required value'],
    [
      'what is a resource only of a quota',
      { limits: { pods: '1' } },
      'resources.limits[pods]: Invalid value: "pods": must be a standard resource for containers',
    ],
  ])('are refused with %s', (_what, resources, cause) => {
    expect(causesOfApp({ resources })).toContain(`${at}.${cause}`);
  });

  it('are whole devices and whole pages', () => {
    const cause = (name: string, is: string, rule: string) =>
      `${at}.resources.limits[${name}]: Invalid value: "${is}": ${rule}`;
    expect(causesOfApp({ resources: { limits: { [gpu]: '1500m' } } })).toContain(
      cause(gpu, '1500m', 'must be an integer'),
    );
    expect(causesOfApp({ resources: { limits: { 'hugepages-2Mi': '3Mi', cpu: '1' } } })).toContain(
      cause('hugepages-2Mi', '3Mi', '3Mi is not positive integer multiple of hugepages-2Mi'),
    );
    expect(causesOfApp({ resources: { limits: { speed: '1' } } })).toContain(
      cause('speed', 'speed', 'must be a standard resource type or fully qualified'),
    );
  });

  it('may be devices, pages and claims', () => {
    const limits = { [gpu]: '2', 'hugepages-2Mi': '4Mi', cpu: '1500m' };
    const resourceClaims = [{ name: 'c', resourceClaimName: 'made' }];
    expect(causesOfApp({ resources: { limits, claims: [{ name: 'c' }] } }, { resourceClaims })).toEqual([]);
  });

  it('are resized in ways that there are', () => {
    const causesOfPolicy = (resourceName: string, restartPolicy: string, spec = {}) =>
      causesOfApp({ resizePolicy: [{ resourceName, restartPolicy }] }, spec);
    expect(causesOfPolicy('disk', 'Maybe')).toEqual([
      `${at}.resizePolicy: Unsupported value: "disk": supported values: "cpu", "memory"`,
      `${at}.resizePolicy: Unsupported value: "Maybe": supported values: "NotRequired", "RestartContainer"`,
    ]);
    expect(causesOfPolicy('cpu', 'RestartContainer', { restartPolicy: 'Never' })).toEqual([
      `${at}.resizePolicy: Invalid value: "RestartContainer": must be 'NotRequired' when \`restartPolicy\` is 'Never'`,
    ]);
    expect(causesOfPolicy('memory', 'RestartContainer')).toEqual([]);
  });
});

describe('a container’s security context', () => {
  const causesOfContext = (securityContext: Container['securityContext'], spec: Partial<PodSpec> = {}) =>
    causesOfApp({ securityContext }, spec).map((cause) => cause.replace(`${at}.securityContext`, ''));

  it.each<[string, Container['securityContext'], string]>([
    [
      'a negative user',
      { runAsUser: -1 },
      '.runAsUser: Invalid value: -1: must be between 0 and 2147483647, inclusive',
    ],
    [
      'a negative group',
      { runAsGroup: -1 },
      '.runAsGroup: Invalid value: -1: must be between 0 and 2147483647, inclusive',
    ],
    [
      'an unknown view of processes',
      { procMount: 'Some' },
      '.procMount: Unsupported value: "Some": supported values: "Default", "Unmasked"',
    ],
    [
      'all processes of the host',
      { procMount: 'Unmasked' },
      '.procMount: Invalid value: "Unmasked": `hostUsers` must be false to use `Unmasked`',
    ],
    [
      'privileges that it may not get',
      { allowPrivilegeEscalation: false, privileged: true },
      ': Invalid value: {"allowPrivilegeEscalation":false,"privileged":true}: cannot set `allowPrivilegeEscalation` to false and `privileged` to true',
    ],
    [
      'an unknown filter',
      { seccompProfile: { type: 'Mine' } },
      '.seccompProfile.type: Unsupported value: "Mine": supported values: "Localhost", "RuntimeDefault", "Unconfined"',
    ],
    [
      'no file of its filter',
      { seccompProfile: { type: 'Localhost' } },
      '.seccompProfile.localhostProfile: Required value: must be set when seccomp type is Localhost',
    ],
    [
      'a profile of no kind',
      { appArmorProfile: { type: '' } },
      '.appArmorProfile.type: Required value: type is required when appArmorProfile is set',
    ],
    [
      'a profile with spaces around',
      { appArmorProfile: { type: 'Localhost', localhostProfile: ' a' } },
      '.appArmorProfile.localhostProfile: Invalid value: " a": must not be padded with whitespace',
    ],
    [
      'a user of Windows with two domains',
      { windowsOptions: { runAsUserName: 'a\\b\\c' } },
      '.windowsOptions.runAsUserName: Invalid value: "a\\\\b\\\\c": runAsUserName cannot contain more than one backslash',
    ],
  ])('is refused with %s', (_what, context, cause) => {
    expect(causesOfContext(context)).toEqual([cause]);
  });

  it.each<[string, Container['securityContext'], Partial<PodSpec>]>([
    ['root', { runAsUser: 0, runAsGroup: 0 }, {}],
    ['all processes of its own users', { procMount: 'Unmasked' }, { hostUsers: false }],
    ['a filter in a file', { seccompProfile: { type: 'Localhost', localhostProfile: 'a/b.json' } }, {}],
    ['a user of Windows', { windowsOptions: { runAsUserName: 'DOMAIN\\me' } }, {}],
    ['privileges', { privileged: true, allowPrivilegeEscalation: true }, {}],
  ])('may say %s', (_what, context, spec) => {
    expect(causesOfContext(context, spec)).toEqual([]);
  });
});

describe('containers of a pod', () => {
  it('restart as the pod says, but for sidecars', () => {
    expect(causesOfApp({ restartPolicy: 'Always' })).toEqual([
      `${at}.restartPolicy: Forbidden: may not be set for non-init containers`,
    ]);
    const init = (fields: Partial<Container>) => causes({ initContainers: [app({ name: 'init', ...fields })] });
    expect(init({ restartPolicy: 'Never' })).toEqual([
      'spec.initContainers[0].restartPolicy: Unsupported value: "Never": supported values: "Always"',
    ]);
    expect(init({ lifecycle: { preStop: { exec: { command: ['x'] } } } })).toEqual([
      'spec.initContainers[0].lifecycle: Forbidden: may not be set for init containers without restartPolicy=Always',
    ]);
    expect(init({ restartPolicy: 'Always', readinessProbe: PROBE })).toEqual([]);
  });

  it('use the node’s ports under their own numbers in the node’s network', () => {
    const ports = [{ containerPort: 80, hostPort: 8080 }];
    expect(causesOfApp({ ports })).toEqual([]);
    expect(causesOfApp({ ports }, { hostNetwork: true })).toEqual([
      `${at}.ports[0].hostPort: Invalid value: 8080: must match \`containerPort\` when \`hostNetwork\` is true`,
    ]);
  });
});
