import type { ContainerCreateOptions, HostConfig, MountSettings } from 'dockerode';
import type { ContainerAmounts, ContainerSpec, SandboxSpec, MountSpec } from '../runtime';
import { engineName, labelsOf } from '../labels';

/** Each container keeps at most this much log: Kubernetes' containerLogMaxSize and containerLogMaxFiles. */
const LOG_CONFIG = { Type: 'json-file', Config: { 'max-size': '10m', 'max-file': '5' } };

/** The engine's request for a sandbox. */
export function sandboxRequest(spec: SandboxSpec, node: string, imageId: string): ContainerCreateOptions {
  const { network } = spec;
  const host: HostConfig = {
    IpcMode: spec.hostIPC ? 'host' : 'shareable',
    CgroupParent: spec.cgroupParent,
    ...(spec.runtime === undefined ? {} : { Runtime: spec.runtime }),
    LogConfig: { Type: 'none', Config: {} },
    Mounts: spec.mounts.map(mountRequest),
    OomScoreAdj: spec.oomScoreAdj,
    ReadonlyRootfs: false,
    Sysctls: { ...spec.sysctls },
    ...(spec.hostPID ? { PidMode: 'host' } : {}),
    ...(network.kind === 'host' ? { NetworkMode: 'host', UTSMode: 'host' } : {}),
    ...(network.kind === 'engine' ? { NetworkMode: network.network, PortBindings: portBindings(network) } : {}),
  };
  return {
    name: engineName(spec.identity),
    Image: imageId,
    Labels: labelsOf(spec.identity, node),
    HostConfig: host,
    ...(network.kind === 'host' ? {} : { Hostname: spec.hostname }),
    ...(network.kind === 'detached' ? { NetworkDisabled: true } : {}),
    ...(network.kind === 'engine' ? { ExposedPorts: exposedPorts(network) } : {}),
  };
}

type EngineNetwork = Extract<SandboxSpec['network'], { kind: 'engine' }>;

function portKey(port: EngineNetwork['ports'][number]): string {
  return `${port.containerPort}/${port.protocol.toLowerCase()}`;
}

function exposedPorts(network: EngineNetwork): Record<string, object> {
  return Object.fromEntries(network.ports.map((port) => [portKey(port), {}]));
}

function portBindings(network: EngineNetwork): Record<string, { HostIp: string; HostPort: string }[]> {
  const bindings: Record<string, { HostIp: string; HostPort: string }[]> = {};
  for (const port of network.ports) {
    (bindings[portKey(port)] ??= []).push({ HostIp: port.hostIP, HostPort: String(port.hostPort) });
  }
  return bindings;
}

/** The engine's request for an app or init container. */
export function containerRequest(spec: ContainerSpec, node: string): ContainerCreateOptions {
  const { identity, sandboxId } = spec;
  return {
    name: engineName(identity),
    Image: spec.imageId,
    Labels: labelsOf(identity, node),
    Env: [...spec.env],
    Tty: spec.tty,
    OpenStdin: spec.stdin,
    StdinOnce: spec.stdinOnce,
    Healthcheck: { Test: ['NONE'] },
    ...(spec.entrypoint === undefined ? {} : { Entrypoint: [...spec.entrypoint] }),
    ...(spec.args === undefined ? {} : { Cmd: [...spec.args] }),
    ...(spec.workingDir === undefined ? {} : { WorkingDir: spec.workingDir }),
    ...(spec.user === undefined ? {} : { User: spec.user }),
    ...(spec.stopSignal === undefined ? {} : { StopSignal: spec.stopSignal }),
    HostConfig: {
      NetworkMode: `container:${sandboxId}`,
      IpcMode: spec.hostIPC ? 'host' : `container:${sandboxId}`,
      ...(spec.hostNetwork ? { UTSMode: 'host' } : {}),
      ...(spec.pidNamespace === 'pod' ? { PidMode: `container:${sandboxId}` } : {}),
      ...(spec.pidNamespace === 'host' ? { PidMode: 'host' } : {}),
      ...(typeof spec.pidNamespace === 'object' ? { PidMode: `container:${spec.pidNamespace.of}` } : {}),
      LogConfig: LOG_CONFIG,
      Mounts: spec.mounts.map(mountRequest),
      ...confinement(spec),
      ...amounts(spec),
    },
  };
}

function confinement(spec: ContainerSpec): HostConfig {
  const options = [
    ...(spec.noNewPrivileges ? ['no-new-privileges'] : []),
    ...(spec.seccomp === 'unconfined' ? ['seccomp=unconfined'] : []),
    ...(typeof spec.seccomp === 'object' ? [`seccomp=${spec.seccomp.profile}`] : []),
    ...(spec.appArmor === undefined ? [] : [`apparmor=${spec.appArmor}`]),
  ];
  return {
    Privileged: spec.privileged,
    ReadonlyRootfs: spec.readOnlyRootfs,
    CapAdd: [...spec.capAdd],
    CapDrop: [...spec.capDrop],
    GroupAdd: [...spec.groups],
    SecurityOpt: options,
  };
}

function amounts(spec: ContainerSpec): HostConfig {
  return {
    CgroupParent: spec.cgroupParent,
    ...(spec.runtime === undefined ? {} : { Runtime: spec.runtime }),
    ...amountsRequest(spec),
    OomScoreAdj: spec.oomScoreAdj,
    ...(spec.pidsLimit > 0 ? { PidsLimit: spec.pidsLimit } : {}),
  };
}

/** Of a container that is made, or that runs. */
export function amountsRequest({ cpuShares, cpuQuota, memoryBytes }: ContainerAmounts): HostConfig {
  return {
    CpuShares: cpuShares,
    ...(cpuQuota > 0 ? { CpuPeriod: 100_000, CpuQuota: cpuQuota } : {}),
    // Memory and swap together: as much as memory alone, so no swap.
    ...(memoryBytes > 0 ? { Memory: memoryBytes, MemorySwap: memoryBytes } : {}),
  };
}

function mountRequest(mount: MountSpec): MountSettings {
  const common = { Source: mount.source, Target: mount.target, ReadOnly: mount.readOnly };
  if (mount.kind === 'volume') return { ...common, Type: 'volume', VolumeOptions: NO_COPY };
  if (mount.propagation === undefined || mount.propagation === 'private') return { ...common, Type: 'bind' };
  return { ...common, Type: 'bind', BindOptions: { Propagation: mount.propagation } };
}

const NO_COPY = { NoCopy: true, Labels: {}, DriverConfig: { Name: '', Options: {} } };
