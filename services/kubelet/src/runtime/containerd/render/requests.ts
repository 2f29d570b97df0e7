import { join } from 'node:path';
import {
  NAMESPACE,
  PROFILE,
  PROPAGATION,
  PROTOCOL,
  type ContainerConfig,
  type LinuxContainerSecurityContext,
  type PodSandboxConfig,
} from '../protocol/cri';
import { labelsOf } from '../../labels';
import type {
  ContainerAmounts,
  ContainerIdentity,
  ContainerSpec,
  MountSpec,
  PodIdentity,
  SandboxSpec,
} from '../../runtime';
import { renderTraits } from './traits';

/** Where the pod's logs are, by Kubernetes' naming. */
export function logDirectoryOf(logs: string, { namespace, name, uid }: PodIdentity): string {
  return join(logs, `${namespace}_${name}_${uid}`);
}

/** Where the log of a container is, below the directory of its pod's. */
function logNameOf({ name, attempt }: ContainerIdentity): string {
  return join(name, `${attempt}.log`);
}

export function logPathOf(logs: string, identity: ContainerIdentity): string {
  return join(logDirectoryOf(logs, identity.pod), logNameOf(identity));
}

const HOSTNAME = 'io.shiplog.hostname';

/** With which host name a sandbox was made, by its annotations: its containers are made with it too. */
export function hostnameOf(annotations: Readonly<Record<string, string>>): string {
  return annotations[HOSTNAME] ?? '';
}

/** @param attempt the number by which the runtime tells the sandboxes of one pod apart */
export function renderSandbox(spec: SandboxSpec, node: string, logs: string, attempt: number): PodSandboxConfig {
  const { identity, network, hostPID, hostIPC } = spec;
  const isHost = network.kind === 'host';
  return {
    metadata: { ...identity.pod, attempt },
    logDirectory: logDirectoryOf(logs, identity.pod),
    labels: labelsOf(identity, node),
    // The node's own, for who shares its network.
    ...(isHost ? {} : { hostname: spec.hostname, annotations: { [HOSTNAME]: spec.hostname } }),
    ...(network.kind === 'engine' ? { portMappings: network.ports.map(portMapping) } : {}),
    linux: {
      cgroupParent: spec.cgroupParent,
      sysctls: spec.sysctls,
      securityContext: {
        privileged: spec.privileged,
        seccomp: { profileType: PROFILE.runtimeDefault },
        namespaceOptions: {
          network: isHost ? NAMESPACE.node : NAMESPACE.pod,
          pid: hostPID ? NAMESPACE.node : NAMESPACE.container,
          ipc: hostIPC ? NAMESPACE.node : NAMESPACE.pod,
        },
      },
    },
  };
}

type EnginePort = Extract<SandboxSpec['network'], { kind: 'engine' }>['ports'][number];

function portMapping({ protocol, containerPort, hostPort, hostIP }: EnginePort) {
  return { protocol: PROTOCOL[protocol] ?? 0, containerPort, hostPort, hostIp: hostIP };
}

export interface ContainerPlaces {
  /** Of an engine volume in memory, by its name. */
  readonly volume: (name: string) => string;
  /** The file of the container's own seccomp profile. */
  readonly seccomp?: string;
}

export function renderContainer(
  spec: ContainerSpec,
  node: string,
  { volume, seccomp }: ContainerPlaces,
): ContainerConfig {
  const { identity } = spec;
  return {
    metadata: { name: identity.name, attempt: identity.attempt },
    image: { image: spec.imageId },
    command: spec.entrypoint,
    args: spec.args,
    workingDir: spec.workingDir,
    envs: spec.env.map(keyValue),
    mounts: spec.mounts.map((mount) => renderMount(mount, volume)),
    labels: labelsOf(identity, node),
    annotations: renderTraits(spec),
    logPath: logNameOf(identity),
    stdin: spec.stdin,
    stdinOnce: spec.stdinOnce,
    tty: spec.tty,
    linux: { resources: amounts(spec), securityContext: securityContext(spec, seccomp) },
  };
}

function keyValue(variable: string): { key: string; value: string } {
  const at = variable.indexOf('=');
  return { key: variable.slice(0, at), value: variable.slice(at + 1) };
}

function renderMount(mount: MountSpec, volume: (name: string) => string) {
  const isVolume = mount.kind === 'volume';
  return {
    containerPath: mount.target,
    hostPath: isVolume ? volume(mount.source) : mount.source,
    readonly: mount.readOnly,
    propagation: PROPAGATION[isVolume ? 'private' : (mount.propagation ?? 'private')],
  };
}

/** How many processes there may be, the pod's cgroup limits: this interface has no such limit for one container. */
function amounts(spec: ContainerSpec) {
  return { ...renderAmounts(spec), oomScoreAdj: spec.oomScoreAdj };
}

/** Of a container that is made, or that runs. */
export function renderAmounts({ cpuQuota, cpuShares, memoryBytes }: ContainerAmounts) {
  return {
    cpuShares,
    ...(cpuQuota > 0 ? { cpuPeriod: 100_000, cpuQuota } : {}),
    ...(memoryBytes > 0 ? { memoryLimitInBytes: memoryBytes } : {}),
  };
}

const withoutPrefix = (capability: string): string => capability.replace(/^CAP_/, '');

function securityContext(spec: ContainerSpec, seccompFile: string | undefined): LinuxContainerSecurityContext {
  return {
    capabilities: {
      addCapabilities: spec.capAdd.map(withoutPrefix),
      dropCapabilities: spec.capDrop.map(withoutPrefix),
    },
    privileged: spec.privileged,
    namespaceOptions: {
      network: spec.hostNetwork ? NAMESPACE.node : NAMESPACE.pod,
      ipc: spec.hostIPC ? NAMESPACE.node : NAMESPACE.pod,
      ...pidNamespace(spec.pidNamespace),
    },
    ...userOf(spec.user),
    supplementalGroups: spec.groups.map(Number),
    readonlyRootfs: spec.readOnlyRootfs,
    noNewPrivs: spec.noNewPrivileges,
    seccomp: seccompOf(spec, seccompFile),
    // Without one said, the runtime's own applies, where the node has AppArmor at all.
    ...(spec.appArmor === undefined ? {} : { apparmor: appArmorOf(spec.appArmor) }),
  };
}

function pidNamespace(asked: ContainerSpec['pidNamespace']) {
  if (typeof asked === 'object') return { pid: NAMESPACE.target, targetId: asked.of };
  return { pid: { own: NAMESPACE.container, pod: NAMESPACE.pod, host: NAMESPACE.node }[asked] };
}

/** Of `user` or `user:group`, by number or name; nothing said: the image's own. */
function userOf(user: string | undefined): LinuxContainerSecurityContext {
  if (user === undefined || user === '') return {};
  const [name = '', group] = user.split(':');
  return {
    ...(/^\d+$/.test(name) ? { runAsUser: { value: Number(name) } } : { runAsUsername: name }),
    ...(group === undefined ? {} : { runAsGroup: { value: Number(group) } }),
  };
}

function seccompOf({ seccomp }: ContainerSpec, file: string | undefined) {
  if (file !== undefined) return { profileType: PROFILE.localhost, localhostRef: file };
  return { profileType: seccomp === 'unconfined' ? PROFILE.unconfined : PROFILE.runtimeDefault };
}

function appArmorOf(profile: string) {
  if (profile === 'unconfined') return { profileType: PROFILE.unconfined };
  return { profileType: PROFILE.localhost, localhostRef: profile };
}
