import { checkAppArmor, checkSeccompAnnotations, checkSeccompProfiles, checkSeLinux } from './profiles';
import { type Check, type CheckedPod, containersThat, type Violation } from './check';
import { distinct, listed, plural, quoted, setters } from './wording';

const DEFAULT_CAPABILITIES = new Set([
  ...['AUDIT_WRITE', 'CHOWN', 'DAC_OVERRIDE', 'FOWNER', 'FSETID', 'KILL', 'MKNOD'],
  ...['NET_BIND_SERVICE', 'SETFCAP', 'SETGID', 'SETPCAP', 'SETUID', 'SYS_CHROOT'],
]);
/** Sysctls that touch nobody else, by the version that came to know them so. */
const SAFE_SYSCTLS: readonly (readonly [number, readonly string[]])[] = [
  [
    0,
    [
      ...['kernel.shm_rmid_forced', 'net.ipv4.ip_local_port_range', 'net.ipv4.tcp_syncookies'],
      ...['net.ipv4.ping_group_range', 'net.ipv4.ip_unprivileged_port_start'],
    ],
  ],
  [27, ['net.ipv4.ip_local_reserved_ports']],
  [29, ['keepalive_time', 'fin_timeout', 'keepalive_intvl', 'keepalive_probes'].map((name) => `net.ipv4.tcp_${name}`)],
  [32, ['net.ipv4.tcp_rmem', 'net.ipv4.tcp_wmem']],
];

/** What pods of the level `baseline` keep to, in the order of Kubernetes' names for it. */
export const BASELINE: readonly Check[] = [
  baseline('appArmorProfile', checkAppArmor),
  baseline('capabilities_baseline', capabilities),
  baseline('hostNamespaces', hostNamespaces),
  baseline('hostPathVolumes', hostPathVolumes),
  baseline('hostPorts', hostPorts),
  baseline('privileged', (pod) => {
    const bad = containersThat(pod, ({ privileged }) => privileged === true);
    if (bad.length === 0) return undefined;
    return { reason: 'privileged', detail: `${listed('container', bad)} must not set securityContext.privileged=true` };
  }),
  baseline('procMount', procMount),
  {
    id: 'seLinuxOptions',
    level: 'baseline',
    versions: [
      { since: 0, check: (pod) => checkSeLinux(pod, []) },
      { since: 31, check: (pod) => checkSeLinux(pod, ['container_engine_t']) },
    ],
  },
  {
    id: 'seccompProfile_baseline',
    level: 'baseline',
    versions: [
      { since: 0, check: checkSeccompAnnotations },
      { since: 19, check: checkSeccompProfiles },
    ],
  },
  { id: 'sysctls', level: 'baseline', versions: SAFE_SYSCTLS.map(([since]) => ({ since, check: sysctls(since) })) },
  baseline('windowsHostProcess', (pod) => {
    const ofPod = pod.spec.securityContext?.windowsOptions?.hostProcess === true;
    const bad = setters(
      ofPod,
      containersThat(pod, ({ windowsOptions }) => windowsOptions?.hostProcess === true),
    );
    if (bad.length === 0) return undefined;
    const detail = `${bad.join(' and ')} must not set securityContext.windowsOptions.hostProcess=true`;
    return { reason: 'hostProcess', detail };
  }),
];

function baseline(id: string, check: (pod: CheckedPod) => Violation | undefined): Check {
  return { id, level: 'baseline', versions: [{ since: 0, check }] };
}

function capabilities(pod: CheckedPod): Violation | undefined {
  const added: string[] = [];
  const bad = containersThat(pod, ({ capabilities: { add = [] } = {} }) => {
    const others = add.filter((name) => !DEFAULT_CAPABILITIES.has(name));
    added.push(...others);
    return others.length > 0;
  });
  if (bad.length === 0) return undefined;
  const detail = `${listed('container', bad)} must not include ${quoted(distinct(added))} in securityContext.capabilities.add`;
  return { reason: 'non-default capabilities', detail };
}

function hostNamespaces({ spec }: CheckedPod): Violation | undefined {
  const shared = (['hostNetwork', 'hostPID', 'hostIPC'] as const).filter((name) => spec[name] === true);
  if (shared.length === 0) return undefined;
  return { reason: 'host namespaces', detail: shared.map((name) => `${name}=true`).join(', ') };
}

function hostPathVolumes({ spec: { volumes = [] } }: CheckedPod): Violation | undefined {
  const bad = volumes.filter(({ hostPath }) => hostPath !== undefined).map(({ name }) => name);
  return bad.length === 0 ? undefined : { reason: 'hostPath volumes', detail: listed('volume', bad) };
}

function hostPorts({ containers }: CheckedPod): Violation | undefined {
  const taken = containers.flatMap(({ name, ports = [] }) =>
    ports.filter(({ hostPort = 0 }) => hostPort !== 0).map(({ hostPort }) => ({ name, port: String(hostPort) })),
  );
  if (taken.length === 0) return undefined;
  const names = [...new Set(taken.map(({ name }) => name))];
  const ports = distinct(taken.map(({ port }) => port));
  const use = names.length === 1 ? 'uses' : 'use';
  const detail = `${listed('container', names)} ${use} ${plural('hostPort', ports.length)} ${ports.join(', ')}`;
  return { reason: 'hostPort', detail };
}

function procMount(pod: CheckedPod): Violation | undefined {
  const types: string[] = [];
  const bad = containersThat(pod, ({ procMount: type = 'Default' }) => type !== 'Default' && types.push(type) > 0);
  if (bad.length === 0) return undefined;
  const detail = `${listed('container', bad)} must not set securityContext.procMount to ${quoted(distinct(types))}`;
  return { reason: 'procMount', detail };
}

function sysctls(since: number): (pod: CheckedPod) => Violation | undefined {
  const safe = new Set(SAFE_SYSCTLS.filter(([version]) => version <= since).flatMap(([, names]) => names));
  return ({ spec: { securityContext: { sysctls: set = [] } = {} } }) => {
    const bad = set.map(({ name }) => name).filter((name) => !safe.has(name));
    return bad.length === 0 ? undefined : { reason: 'forbidden sysctls', detail: bad.join(', ') };
  };
}
