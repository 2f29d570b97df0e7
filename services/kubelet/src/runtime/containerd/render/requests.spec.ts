import type { ContainerSpec, SandboxSpec } from '../../runtime';
import { containerSpec, POD, sandboxSpec } from '../testing/specs';
import { hostnameOf, logPathOf, renderContainer, renderSandbox } from './requests';

const sandbox = (fields: Partial<SandboxSpec> = {}) => renderSandbox(sandboxSpec(fields), 'node-a', '/logs', 3);
const places = { volume: (name: string) => `/volumes/${name}` };
const container = (fields: Partial<ContainerSpec> = {}, seccomp?: string) =>
  renderContainer(containerSpec({ sandboxId: 'box', imageId: 'sha256:1', ...fields }), 'node-a', {
    ...places,
    seccomp,
  });
const security = (fields: Partial<ContainerSpec>, seccomp?: string) =>
  container(fields, seccomp).linux?.securityContext;

describe('a sandbox, as the runtime is asked for it', () => {
  it('has the pod’s name, its namespaces and its labels', () => {
    const { metadata, hostname, logDirectory, linux, labels, annotations } = sandbox({ cgroupParent: '/pods/podx' });
    expect(metadata).toEqual({ ...POD, attempt: 3 });
    expect([hostname, hostnameOf(annotations ?? {}), logDirectory]).toEqual([
      'pod',
      'pod',
      '/logs/default_pod_uid-pod',
    ]);
    expect(linux).toMatchObject({
      cgroupParent: '/pods/podx',
      securityContext: { privileged: false, namespaceOptions: { network: 0, pid: 1, ipc: 0 } },
    });
    expect(labels).toMatchObject({ 'io.kubernetes.pod.uid': 'uid-pod', 'io.shiplog.node': 'node-a' });
  });

  it('can have those of the node, and its name with its network', () => {
    const own = sandbox({ network: { kind: 'host' }, hostPID: true, hostIPC: true });
    expect(own.hostname).toBeUndefined();
    expect(own.linux?.securityContext?.namespaceOptions).toEqual({ network: 2, pid: 2, ipc: 2 });
  });

  it('has its ports published by the runtime’s own network', () => {
    const ports = [{ hostIP: '', hostPort: 80, containerPort: 8080, protocol: 'UDP' }];
    const { portMappings } = sandbox({ network: { kind: 'engine', network: 'bridge', ports } });
    expect(portMappings).toEqual([{ protocol: 1, containerPort: 8080, hostPort: 80, hostIp: '' }]);
  });
});

describe('a container, as the runtime is asked for it', () => {
  it('has its command, variables and mounts', () => {
    const mounts = [
      { kind: 'bind', source: '/a', target: '/b', readOnly: true, propagation: 'rslave' },
      { kind: 'volume', source: 'memory', target: '/m', readOnly: false },
    ] as const;
    expect(container({ entrypoint: ['a'], args: ['b'], env: ['X=', 'Y=1=2'], mounts })).toMatchObject({
      command: ['a'],
      args: ['b'],
      envs: [
        { key: 'X', value: '' },
        { key: 'Y', value: '1=2' },
      ],
      mounts: [
        { hostPath: '/a', containerPath: '/b', readonly: true, propagation: 1 },
        { hostPath: '/volumes/memory', containerPath: '/m', readonly: false, propagation: 0 },
      ],
      logPath: 'main/0.log',
    });
  });

  it.each([
    [undefined, {}],
    ['7', { runAsUser: { value: 7 } }],
    ['7:8', { runAsUser: { value: 7 }, runAsGroup: { value: 8 } }],
    ['redis:8', { runAsUsername: 'redis', runAsGroup: { value: 8 } }],
  ])('runs as the user %s', (user, expected) => {
    const { runAsUser, runAsUsername, runAsGroup } = security({ user }) ?? {};
    expect({ runAsUser, runAsUsername, runAsGroup }).toEqual({
      runAsUser: undefined,
      runAsUsername: undefined,
      runAsGroup: undefined,
      ...expected,
    });
  });

  it.each([
    ['own', { pid: 1 }],
    ['pod', { pid: 0 }],
    ['host', { pid: 2 }],
    [{ of: 'other' }, { pid: 3, targetId: 'other' }],
  ] as const)('sees the processes of %j', (pidNamespace, expected) => {
    expect(security({ pidNamespace })?.namespaceOptions).toEqual({ network: 0, ipc: 0, ...expected });
  });

  it('is confined by the runtime’s own profiles, or those that are named', () => {
    expect(security({})).toMatchObject({ seccomp: { profileType: 0 } });
    expect(security({})?.apparmor).toBeUndefined();
    expect(security({ seccomp: 'unconfined', appArmor: 'unconfined' })).toMatchObject({
      seccomp: { profileType: 1 },
      apparmor: { profileType: 1 },
    });
    expect(security({ seccomp: { profile: '{}' }, appArmor: 'web' }, '/file')).toMatchObject({
      seccomp: { profileType: 2, localhostRef: '/file' },
      apparmor: { profileType: 2, localhostRef: 'web' },
    });
  });

  it('names capabilities as the runtime does, and has no limit for none', () => {
    expect(security({ capAdd: ['CAP_NET_ADMIN', 'SYS_TIME'], capDrop: ['ALL'] })?.capabilities).toEqual({
      addCapabilities: ['NET_ADMIN', 'SYS_TIME'],
      dropCapabilities: ['ALL'],
    });
    expect(container({}).linux?.resources).toEqual({ cpuShares: 2, oomScoreAdj: 0 });
    expect(container({ cpuQuota: 5_000, memoryBytes: 9 }).linux?.resources).toMatchObject({
      cpuPeriod: 100_000,
      cpuQuota: 5_000,
      memoryLimitInBytes: 9,
    });
  });

  it('has its log where Kubernetes has it', () => {
    const { identity } = containerSpec({ sandboxId: '', imageId: '' });
    expect(logPathOf('/var/log/pods', identity)).toBe('/var/log/pods/default_pod_uid-pod/main/0.log');
  });
});
