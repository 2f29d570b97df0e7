import type { AdmissionRefusal } from '@shiplog/scheduling';
import type { Pod } from '../../domain/pod';

/** What Kubernetes 1.32 lets every pod set: of the pod's own namespaces, and felt by no other pod (safe_sysctls.go). */
const SAFE = [
  'kernel.shm_rmid_forced',
  'net.ipv4.ip_local_port_range',
  'net.ipv4.tcp_syncookies',
  'net.ipv4.ping_group_range',
  'net.ipv4.ip_unprivileged_port_start',
  'net.ipv4.ip_local_reserved_ports',
  'net.ipv4.tcp_keepalive_time',
  'net.ipv4.tcp_fin_timeout',
  'net.ipv4.tcp_keepalive_intvl',
  'net.ipv4.tcp_keepalive_probes',
  'net.ipv4.tcp_rmem',
  'net.ipv4.tcp_wmem',
];

/** How sysctls of a pod's IPC namespace begin; all others that have a namespace are the network's. */
const OF_IPC = ['kernel.shm', 'kernel.msg', 'kernel.sem', 'fs.mqueue.'];

/**
 * Why a pod's sysctls are not set here; undefined when they are.
 *
 * @param allowed names, or beginnings of names before a `*`, that this node allows besides the safe ones
 */
export function sysctlRefusal({ spec }: Pod, allowed: readonly string[]): AdmissionRefusal | undefined {
  for (const { name } of spec?.securityContext?.sysctls ?? []) {
    const problem = problemOf(name.replaceAll('/', '.'), { spec }, allowed);
    if (problem !== undefined)
      return { reason: 'SysctlForbidden', message: `forbidden sysctl: ${JSON.stringify(name)} ${problem}` };
  }
  return undefined;
}

function problemOf(name: string, { spec }: Pick<Pod, 'spec'>, allowed: readonly string[]): string | undefined {
  if (!SAFE.includes(name) && !allowed.some((pattern) => matches(name, pattern))) return 'not allowlisted';
  if (OF_IPC.some((prefix) => name.startsWith(prefix)))
    return spec?.hostIPC === true ? 'not allowed with host ipc enabled' : undefined;
  return name.startsWith('net.') && spec?.hostNetwork === true ? 'not allowed with host net enabled' : undefined;
}

function matches(name: string, pattern: string): boolean {
  return pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern;
}
