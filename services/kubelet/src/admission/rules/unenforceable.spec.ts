import type { PodSpec } from '@shiplog/contracts';
import { container, pod } from '../../testing/builders';
import { unenforceable } from './unenforceable';

const refusal = (spec: Partial<PodSpec>, over: Partial<Parameters<typeof unenforceable>[1]> = {}) =>
  unenforceable(pod(spec), { appArmor: false, sysctls: [], ...over });
const sysctl = (...names: string[]): Partial<PodSpec> => ({
  securityContext: { sysctls: names.map((name) => ({ name, value: '1' })) },
});
const appArmor = (type: string) => ({ appArmorProfile: { type } });

describe('what a node can not do for a pod', () => {
  it.each<[string, Partial<PodSpec>, string, string]>([
    [
      'an unsafe sysctl',
      sysctl('kernel.shm_rmid_forced', 'kernel.msgmax'),
      'SysctlForbidden',
      '"kernel.msgmax" not allowlisted',
    ],
    [
      'one written with slashes',
      sysctl('net/core/somaxconn'),
      'SysctlForbidden',
      '"net/core/somaxconn" not allowlisted',
    ],
    [
      "one of the host's network",
      { ...sysctl('net.ipv4.tcp_syncookies'), hostNetwork: true },
      'SysctlForbidden',
      '"net.ipv4.tcp_syncookies" not allowed with host net enabled',
    ],
    [
      "one of the host's IPC",
      { ...sysctl('kernel.shm_rmid_forced'), hostIPC: true },
      'SysctlForbidden',
      '"kernel.shm_rmid_forced" not allowed with host ipc enabled',
    ],
  ])('refuses %s', (_, spec, reason, message) => {
    expect(refusal(spec)).toEqual({ reason, message: `forbidden sysctl: ${message}` });
  });

  it('includes sysctls that nobody allowed', () => {
    expect(refusal(sysctl('net.ipv4.ip_unprivileged_port_start', 'net/ipv4/tcp_rmem'))).toBeUndefined();
    const sysctls = ['net.core.*', 'kernel.msgmax'];
    expect(refusal(sysctl('net.core.somaxconn', 'kernel.msgmax'), { sysctls })).toBeUndefined();
    expect(refusal(sysctl('net.corex'), { sysctls })?.reason).toBe('SysctlForbidden');
  });

  it('includes AppArmor where the kernel has none, whoever of the pod asks for it', () => {
    const message = 'Cannot enforce AppArmor: AppArmor is not enabled on the host';
    const asked = container({ securityContext: appArmor('RuntimeDefault') });
    for (const spec of [
      { securityContext: appArmor('Localhost') },
      { containers: [asked] },
      { initContainers: [asked] },
    ])
      expect(refusal(spec)).toEqual({ reason: 'AppArmor', message });
    expect(refusal({ containers: [asked] }, { appArmor: true })).toBeUndefined();
    expect(refusal({ securityContext: appArmor('Unconfined') })).toBeUndefined();
  });

  it('includes Windows and strict groups', () => {
    expect(refusal({ os: { name: 'windows' } })?.reason).toBe('PodOSNotSupported');
    expect(refusal({ os: { name: 'linux' } })).toBeUndefined();
    expect(refusal({ securityContext: { supplementalGroupsPolicy: 'Strict' } })?.reason).toBe(
      'SupplementalGroupsPolicyNotSupported',
    );
  });
});
