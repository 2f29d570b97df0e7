import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { eventually } from '@shiplog/testing';
import { containerOf, isReady, NODE, shell, TestNode } from './testing/test-node';

describe('what pods ask of their confinement, on a real engine', () => {
  let node: TestNode;
  beforeAll(async () => {
    node = await TestNode.start();
  });
  afterAll(() => node.stop());

  const heard = (pod: string, reason: string) =>
    eventually(() => node.notes.find((note) => note.about.name === pod && note.reason === reason)?.message);
  const waiting = async (name: string, reason: string) => {
    const pod = await node.until(
      name,
      (item) => item.status?.containerStatuses?.[0]?.state?.waiting?.reason === reason,
    );
    return containerOf(pod).state?.waiting?.message;
  };

  it('sets safe sysctls, in the pod and nowhere else', async () => {
    const sysctls = [
      { name: 'kernel.shm_rmid_forced', value: '1' },
      { name: 'net.ipv4.ip_unprivileged_port_start', value: '80' },
    ];
    const script = 'cat /proc/sys/kernel/shm_rmid_forced /proc/sys/net/ipv4/ip_unprivileged_port_start; sleep 1000';
    await node.pod('sysctls', { securityContext: { sysctls }, script });
    const pod = await node.untilReady('sysctls');
    await eventually(async () => (await node.logs(pod)) === '1\n80\n');
  });

  it('refuses unsafe ones, with an event', async () => {
    await node.pod('unsafe', { securityContext: { sysctls: [{ name: 'kernel.msgmax', value: '65536' }] } });
    const { status } = await node.until('unsafe', (pod) => pod.status?.phase === 'Failed');
    expect(status).toMatchObject({
      reason: 'SysctlForbidden',
      message: 'Pod was rejected: forbidden sysctl: "kernel.msgmax" not allowlisted',
    });
    expect(await heard('unsafe', 'SysctlForbidden')).toBe('forbidden sysctl: "kernel.msgmax" not allowlisted');
    await node.delete('unsafe');
    await node.untilGone('unsafe');
  });

  it('starts nothing without the seccomp profile that it names, and confines by it once it is there', async () => {
    const securityContext = { seccompProfile: { type: 'Localhost', localhostProfile: 'profiles/no-mkdir.json' } };
    const containers = [{ name: 'main', securityContext, command: shell('mkdir /x && exit 7; sleep 1000') }];
    await node.pod('seccomp', { containers });
    const path = join(node.stateDir, 'seccomp', 'profiles', 'no-mkdir.json');
    const message = `cannot load seccomp profile "${path}": open ${path}: no such file or directory`;
    expect(await waiting('seccomp', 'CreateContainerError')).toBe(message);
    expect(await heard('seccomp', 'Failed')).toBe(`Error: ${message}`);
    const denied = [{ names: ['mkdir', 'mkdirat'], action: 'SCMP_ACT_ERRNO' }];
    await mkdir(join(path, '..'), { recursive: true });
    await writeFile(path, JSON.stringify({ defaultAction: 'SCMP_ACT_ALLOW', syscalls: denied }));
    const pod = await node.until('seccomp', isReady, 25_000);
    await eventually(async () => (await node.logs(pod)).includes('Operation not permitted'));
  });

  it('starts nothing that it can not confine as asked', async () => {
    const containers = [{ name: 'main', securityContext: { seLinuxOptions: { level: 's0:c1,c2' } } }];
    await node.pod('selinux', { containers });
    const message = 'container "main" asks for seLinuxOptions, and SELinux is not enabled on the host';
    expect(await waiting('selinux', 'CreateContainerConfigError')).toBe(message);
    expect(await heard('selinux', 'Failed')).toBe(`Error: ${message}`);
  });

  it('makes no sandbox with users of its own, or by a runtime that the engine does not have', async () => {
    for (const [name, handler] of [
      ['plain', 'runc'],
      ['small', 'kata'],
    ] as const) {
      const object = { apiVersion: 'node.k8s.io/v1', kind: 'RuntimeClass', metadata: { name }, handler };
      await node.send({
        type: 'CreateObject',
        data: { resource: 'runtimeclasses.node.k8s.io', namespace: '', object },
      });
    }
    await node.pod('users', { hostUsers: false });
    await node.pod('small', { runtimeClassName: 'small' });
    await node.pod('plain', { runtimeClassName: 'plain' });
    expect(await heard('users', 'FailedCreatePodSandBox')).toBe(
      'Failed to create pod sandbox: RuntimeClass handler "" does not support user namespaces',
    );
    expect(await heard('small', 'FailedCreatePodSandBox')).toBe(
      'Failed to create pod sandbox: failed to get sandbox runtime: no runtime for "kata" is configured',
    );
    const pod = await node.untilReady('plain');
    const id = (containerOf(pod).containerID ?? '').replace('docker://', '');
    expect(await node.engine.docker('inspect', '--format', '{{.HostConfig.Runtime}}', id)).toContain('runc');
    expect(pod.spec?.nodeName).toBe(NODE);
  });
});
